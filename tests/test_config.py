"""The configuration says what is wrong, where, and what was meant."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from mam.config import Config, Secret, Watch, load
from mam.errors import ConfigError

NO_SECRET = Secret("")
ROOT = Path(__file__).resolve().parents[1]


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_data_folder_alone_is_enough(tmp_path: Path) -> None:
    # Given no file at all, when a data folder is named, then every setting has its default
    config = load(None, tmp_path)
    assert (config.data, config.server.port, config.plugins) == (
        tmp_path,
        8080,
        ("transcode_nvenc", "transcode_cpu"),
    )
    assert config.owns_queue


def test_file_in_the_data_folder_is_found(tmp_path: Path) -> None:
    write(tmp_path, "[server]\nport = 9000\n")
    assert load(None, tmp_path).server.port == 9000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 1", ["config.toml", "server.prot", "unknown key", "did you mean port?"]),
        ("[sever]\nport = 1", ["config.toml: sever", "did you mean server?"]),
        ('[server]\nport = "80"', ["server.port", "expected a whole number", "found a string"]),
        ("[server]\nport = true", ["server.port", "expected a whole number", "found true or false"]),
        ("[server]\nport = -1", ["server.port", "0 or more"]),
        ("server = 1", ["server", "expected a table [server]", "found a whole number"]),
        (
            '[auth]\nregistration = "opne"',
            ["auth.registration", '"pending", "open", "closed"', "did you mean open?"],
        ),
        ('[media]\nrungs = [1080, "x"]', ["media.rungs[1]", "expected a whole number"]),
        ('plugins = "transcode_cpu"', ["plugins", "expected a list of names"]),
        ("[plugins]\nenabeld = []", ["plugins.enabeld", "did you mean enabled?"]),
        ("[server\nport = 1", ["config.toml", "not TOML", "line 1"]),
        ("[auth]\nsecret = 12", ["auth.secret", "expected a string"]),
        ('[auth]\nsecret = { env = "MAM_TEST_NOT_SET" }', ["auth.secret", "MAM_TEST_NOT_SET is not set"]),
        ('[auth]\nsecret = { file = "/nowhere/x" }', ["auth.secret", "/nowhere/x cannot be read"]),
        ("data = 3", ["data", "expected a folder as a string"]),
        ('[[storage.copies]]\npath = "/x"', ["storage.copies[0].name", "required"]),
        ('[[storage.copies]]\nname = "a b"\npath = "/x"', ["storage.copies", "letters, digits"]),
        ('[[storage.copies]]\nname = "nas"', ["storage.copies", "nas", "either a path or a plugin"]),
        ('[storage]\ncopies = [{ name = "a", path = "/x", settings = 3 }]', ["settings", "expected a table"]),
        (
            '[storage]\ncopies = [{ name = "a", path = "/x" }, { name = "a", path = "/y" }]',
            ["storage.copies", "name of its own"],
        ),
        ("[fixity]\nto_hour = 25", ["fixity.to_hour", "from 0 to 24"]),
    ],
)
def test_mistake_is_named_in_one_sentence(tmp_path: Path, text: str, words: list[str]) -> None:
    # Given a file with one mistake, when it is loaded
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    # Then one sentence names file, key, what was expected and the nearest right key
    for word in words:
        assert word in caught.value.detail
    assert "\n" not in caught.value.detail


def test_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mam init"):
        load(tmp_path / "none.toml")


def test_secret_from_environment_and_from_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a secret in the environment and one in a file that only its owner reads
    monkeypatch.setenv("MAM_TEST_URL", "postgresql://db/mam")
    file = tmp_path / "secret"
    file.write_text("a very long secret that nobody guesses\n", encoding="utf-8")
    file.chmod(0o600)
    text = f'[database]\nurl = {{ env = "MAM_TEST_URL" }}\n[auth]\nsecret = {{ file = "{file}" }}\n'
    # When the configuration is loaded
    config = load(write(tmp_path, text))
    # Then both are there, and neither shows in a repr
    assert config.database.url == "postgresql://db/mam"
    assert config.auth.secret == "a very long secret that nobody guesses"
    assert "guesses" not in repr(config)


def test_secret_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """Promise F10."""
    file = tmp_path / "secret"
    file.write_text("x" * 40, encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load(write(tmp_path, f'[auth]\nsecret = {{ file = "{file}" }}\n'))


def test_plugin_tables_and_the_list_beside_them(tmp_path: Path) -> None:
    # Given TOML's way to have a list of plugins and their tables
    config = load(write(tmp_path, '[plugins]\nenabled = ["a"]\n[plugins.a]\nlevel = 3\n'))

    @dataclasses.dataclass(frozen=True)
    class Settings:
        level: int = 1
        token: Secret = NO_SECRET

    # Then both are read, and the table fits the plugin's own dataclass
    assert config.plugins == ("a",)
    assert config.plugin("a", Settings).level == 3
    # And a mistake in it is named with its full key
    wrong = load(write(tmp_path, "[plugins.a]\nlevle = 3\n"))
    with pytest.raises(ConfigError, match=r"plugins\.a\.levle: unknown key; did you mean level\?"):
        wrong.plugin("a", Settings)


def test_long_data_folder_gets_a_short_socket_path(tmp_path: Path) -> None:
    config = load(None, tmp_path / ("x" * 120))
    assert len(str(config.run_dir / "valkey.sock")) < 100
    assert config.queue_url.startswith("unix://")


def test_example_holds_every_setting_with_its_default(tmp_path: Path) -> None:
    # Given the example that ships with the product
    example = ROOT / "config.example.toml"
    # When it is loaded as it stands, then it is the default configuration
    loaded = load(example, tmp_path)
    assert dataclasses.replace(loaded, path=None) == Config(data=tmp_path)
    # And it names every key there is
    table = tomllib.loads(example.read_text(encoding="utf-8"))
    for field in dataclasses.fields(Config):
        if field.name in ("path", "plugin_tables"):
            continue
        default = getattr(Config(data=tmp_path), field.name)
        if field.name == "watch":  # a list of tables: an empty one could not be added to, so it is a comment
            continue
        if dataclasses.is_dataclass(default):
            assert set(table[field.name]) == {one.name for one in dataclasses.fields(default)}
        else:
            assert field.name in table


def test_example_shows_a_watch_folder_with_every_key(tmp_path: Path) -> None:
    # Given the commented watch folder of the example, when the comment is taken off
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    lines = example[example.index("# [[watch]]") :].split("\n\n")[0].splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines)
    # Then it names every key, with its default
    shown = load(write(tmp_path, text), tmp_path).watch[0]
    assert set(tomllib.loads(text)["watch"][0]) == {one.name for one in dataclasses.fields(Watch)}
    assert shown == Watch(path=shown.path)
