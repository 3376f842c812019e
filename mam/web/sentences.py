"""What services and errors say to people, as far as pages show it: known sentences, for any language.

Errors are English, with a stable code, whoever asks the API. A page that shows one says it in the reader's
language where the sentence is listed here; `%(name)s` stands for a value in it. A test holds each to the
source that says it. Pure.
"""

from __future__ import annotations

import re

from mam.web.language import N_, gettext

SENTENCES = (
    # Titles of errors
    N_("Something went wrong"),
    N_("Not found"),
    N_("The input is not valid"),
    N_("Log in first"),
    N_("Not allowed"),
    N_("Not from this page"),
    N_("Conflict"),
    N_("Locked"),
    N_("Gone"),
    N_("Too large"),
    N_("Too many requests"),
    N_("The storage is not available"),
    N_("The storage is full"),
    N_("The queue is not available"),
    N_("The login service does not answer"),
    N_("Not available"),
    N_("Internal error"),
    # What happened
    N_("The address of the person to erase, to confirm who is meant."),
    N_("This person was erased already."),
    N_("You cannot erase yourself; another administrator can."),
    N_("There is nothing here, or you may not see it."),
    N_("You may not do this here; it needs the right %(action)s."),
    N_("Another site sent this request."),
    N_("This form has expired; load the page again."),
    N_("The database does not answer; nothing was changed, try again shortly."),
    N_("Something unexpected happened; the log tells more under %(request_id)s."),
    N_("Too many attempts; wait before the next one."),
    # At the doors
    N_("The email or the password is not right."),
    N_("This account waits for an administrator."),
    N_("The login service does not answer now; try again, or log in with a password of this box."),
    N_("The login elsewhere does not hold; begin again."),
    N_("You are known elsewhere, but no account here is yours; ask an administrator."),
    N_("This code is not right, or was used already."),
    N_("That took too long; log in again."),
    N_("The session has ended; log in again."),
    N_("New accounts are made by an administrator here."),
    N_("There is an account of this email already."),
    N_("An email address of at most 254 characters."),
    N_("1 to 200 characters without control characters."),
    N_("%(least)s to %(most)s characters."),
    N_("This box has its administrator already; log in."),
    N_("This set-up link is not the newest; take the one printed at the last start."),
    # Share links
    N_("This link does not hold, or does not hold any more; ask whoever sent it."),
    N_("The password is not right."),
    N_("name: A name of 1 to %(most)s characters."),
    # People and lists of a project
    N_("This is the last administrator; make somebody else one first."),
    N_("A project keeps at least one owner; name another one first."),
    N_("This project holds no master that a media hash list could name."),
    # The audit log
    N_("The audit log is BROKEN, first at entry %(seq)s: %(message)s"),
    N_(
        "The audit log holds: %(entries)s entries in one chain, signed by key %(key)s; "
        "anchors that hold: %(anchors)s, the last at entry %(anchored)s."
    ),
)

_HOLE = re.compile(r"%\((\w+)\)s")


def say(text: str) -> str:
    """A sentence of a service in the language of this request; one that is not known stays as it is."""
    if text in _WHOLE:
        return gettext(text)
    for message, pattern in _HOLED:
        found = pattern.fullmatch(text)
        if found:
            return gettext(message) % found.groupdict()
    return text


def _pattern(message: str) -> re.Pattern[str]:
    """What a sentence looks like with its values in."""
    parts = _HOLE.split(message)
    texts = [re.escape(one) if number % 2 == 0 else f"(?P<{one}>.+?)" for number, one in enumerate(parts)]
    return re.compile("".join(texts), re.DOTALL)


_WHOLE = frozenset(one for one in SENTENCES if not _HOLE.search(one))
_HOLED = tuple((one, _pattern(one)) for one in SENTENCES if one not in _WHOLE)
