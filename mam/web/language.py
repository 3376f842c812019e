"""The languages of the pages: catalogues of a theme, which one a request gets, and `_` for words made here.

A catalogue is `locale/<tag>.po` of a theme over that of the default theme; the text in the templates is the
message id and English. The language of a request is held in a context variable, so that filters, views and
the threads of a call speak the same. Reads the catalogues once, when the box starts; writes nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations
from werkzeug.datastructures import LanguageAccept

from mam.errors import ConfigError

SOURCE = "en"
"""The language that the message ids are written in; it needs no catalogue."""

COOKIE = "mam_language"
"""Where a browser keeps the choice of somebody who is not logged in."""

_DIALECTS = {SOURCE: "en_GB"}
"""The English of this product writes a day as 21 Nov 2026."""


@dataclass(frozen=True)
class Language:
    """One language of the pages. `tag` is BCP 47 (`de`, `pt-BR`), `name` what its speakers call it."""

    tag: str
    name: str
    locale: Locale
    catalogue: NullTranslations = field(repr=False)


_ENGLISH = Language(SOURCE, "English", Locale.parse(_DIALECTS[SOURCE]), NullTranslations())
_spoken: ContextVar[Language] = ContextVar("mam_language", default=_ENGLISH)


def read_languages(folders: Sequence[Path]) -> Mapping[str, Language]:
    """The languages of themes by tag, in their order; a message of an earlier folder hides a later one's.

    `ConfigError` names the file that is no catalogue, or whose name is no language.
    """
    files = [file for folder in folders for file in sorted((folder / "locale").glob("*.po"))]
    tags = sorted({SOURCE, *(file.stem for file in files)})
    return {tag: _language(tag, [file for file in files if file.stem == tag]) for tag in tags}


def choose(
    languages: Mapping[str, Language], *, own: str, cookie: str, accepted: LanguageAccept, otherwise: str
) -> Language:
    """The account's choice, else the browser's cookie, else what the browser accepts, else `otherwise`."""
    for tag in (own, cookie):
        if tag in languages:
            return languages[tag]
    wide = ((tag.partition("-")[0], quality) for tag, quality in accepted)
    found = LanguageAccept([*accepted, *wide]).best_match([otherwise, *languages])
    return languages[found or otherwise]


def speak(language: Language) -> None:
    """From here on this request's words are of that language."""
    _spoken.set(language)


def spoken() -> Language:
    """The language of this request; English outside of one."""
    return _spoken.get()


def gettext(text: str) -> str:
    """The message in the language of this request, as it stands in the catalogue."""
    return str(_spoken.get().catalogue.ugettext(text)) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form for so many."""
    return str(_spoken.get().catalogue.ungettext(one, many, count))


def pgettext(context: str, text: str) -> str:
    """A message that means different things in different places, told apart by `context`."""
    return str(_spoken.get().catalogue.upgettext(context, text))


def npgettext(context: str, one: str, many: str, count: int) -> str:
    """The form for so many, of a message told apart by `context`."""
    return str(_spoken.get().catalogue.unpgettext(context, one, many, count))


def _(text: str, **values: Any) -> str:
    """A message with its values, as `_` in a template: `%(name)s` stands for one, `%%` for a percent sign."""
    return gettext(text) % values


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a message that is translated later, where it is shown."""
    return text


def _language(tag: str, files: Iterable[Path]) -> Language:
    """One language out of its files, the most important first."""
    catalogues = [_read(file) for file in files]
    merged = catalogues[-1] if catalogues else NullTranslations()
    for over in reversed(catalogues[:-1]):
        catalogues[-1].merge(over)
    locale = _locale(tag)
    name = Locale.parse(locale.language).get_display_name() if tag in _DIALECTS else locale.get_display_name()
    return Language(tag, (name or tag).capitalize(), locale, merged)


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(_DIALECTS.get(tag, tag), sep="_" if tag in _DIALECTS else "-")
    except (ValueError, UnknownLocaleError):
        wanted = "expected a language tag, as in de.po or pt-BR.po"
        raise ConfigError(f"locale/{tag}.po: {wanted}, found {tag!r}.") from None


def _read(file: Path) -> Translations:
    try:
        with file.open("rb") as text:
            catalogue = read_po(text, abort_invalid=True)
    except (OSError, UnicodeDecodeError, PoFileError) as error:
        raise ConfigError(f"{file}: this is no catalogue of messages: {error}.") from None
    packed = io.BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return Translations(packed)
