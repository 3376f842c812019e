"""What the model hears and answers, as numbers: pure, without the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mam_transcribe_whisper import cues, decoding, timing, tokens
from mam_transcribe_whisper.contained import Words
from mam_transcribe_whisper.ear import first_sound, silent
from mam_transcribe_whisper.mel import RATE, WINDOW, log_mel
from mam_transcribe_whisper.settings import Settings
from mam_transcribe_whisper.sound import Sound

from mam.errors import ConfigError
from mam.media import vtt
from mam.types import AudioTrack, MediaInfo

LISTED = ["\u0120Gr", "\u00c3\u00bc", "\u00c3\u0141e", "!", "<|de|>", "<|notimestamps|>", *("t",) * 1501]
BEFORE_TIMES = 6


def at(seconds: float) -> int:
    """The number of a time in this vocabulary."""
    return BEFORE_TIMES + round(seconds / 0.02)


def test_a_tone_is_in_one_band_and_silence_in_none() -> None:
    # Given a tone of 1 kHz for 10 s
    tone = np.sin(2 * np.pi * 1000 * np.arange(10 * RATE) / RATE).astype(np.float32)
    # When it is drawn
    heard = log_mel(tone, 80)
    # Then the picture has the model's size, the tone's band is the loudest, and after it nothing is
    assert heard.shape == (1, 80, 3000)
    assert set(heard[0, :, 100:900].argmax(axis=0)) == {26}
    assert heard[0, :, 1100:].max() == heard.min()


def test_words_are_read_in_their_spelling_with_their_times() -> None:
    # Given an answer of two pieces, whose second begins where the first ends
    vocabulary = tokens.Vocabulary(LISTED)
    answer = [at(0.5), 0, 1, 2, at(1.5), at(1.5), 3, at(2)]
    # When it is read, then bytes of two letters are one, and times are seconds
    first, second = vocabulary.pieces(answer)
    assert (first.start, first.end, first.text) == (0.5, 1.5, "Grü\u00dfe")
    assert (second.start, second.end, second.text) == (1.5, 2.0, "!")
    assert vocabulary.languages >= {"de"}


def test_what_is_cut_off_at_the_end_of_a_window_is_known_to_be() -> None:
    vocabulary = tokens.Vocabulary(LISTED)
    # Given a piece without an end, and one after which another begins
    open_end, doubled = [at(0), 0, at(4), at(4), 3], [at(0), 0, at(4), at(4)]
    # When they are read, then both tell that there is more
    assert vocabulary.pieces(open_end)[-1].end is None
    assert vocabulary.ends_cut(doubled)
    assert not vocabulary.ends_cut([at(0), 0, at(4)])


def test_a_long_piece_is_parted_by_the_time_of_its_words() -> None:
    # Given a sentence of 30 words, whose tokens begin half a second apart, after another piece
    vocabulary = tokens.Vocabulary(["\u0120word", "s", "\u0120end.", "<|notimestamps|>"])
    long = tokens.Piece(1.0, 20.0, " ".join(["words"] * 15), (0, 1) * 15)
    pieces = [tokens.Piece(0.0, 1.0, "end.", (2,)), long]
    begins = timing.starts([(place, 25 * place) for place in range(31)])
    # When it is parted
    short, *parts = timing.parted(pieces, vocabulary, begins)
    # Then each part is short, begins with a whole word when that is said, and ends with the next one
    assert short == pieces[0]
    assert all(len(part.text) <= timing.LONGEST for part in parts)
    assert {word for part in parts for word in part.text.split()} == {"words"}
    assert [(part.start, part.end) for part in parts] == [(1.0, 14.5), (14.5, 20.0)]


def test_silence_is_passed_over() -> None:
    # Given 40 s of silence before a tone
    samples = np.zeros(45 * RATE, np.int16)
    samples[40 * RATE :: 20] = 8000
    # When the first sound is looked for, then it begins a little before that; there is none in silence
    assert first_sound(Sound(samples), 0) == pytest.approx(39.8 * RATE, abs=RATE // 10)
    assert silent(Sound(samples[: 2 * WINDOW // 2]))
    assert silent(Sound(samples[:0]))


def test_captions_are_short_safe_and_inside_the_film() -> None:
    # Given a long sentence, one with brackets, and one after the film
    words = [
        Words(0.0, 9.0, "so many words " * 10, 0.9),
        Words(9.0, 12.0, "<script>alert(1)</script> & more", 0.9),
        Words(14.0, 15.0, "Thanks for watching", 0.9),
    ]
    # When they become captions of a film of 10 s
    written = cues.captions(words, 10.0)
    # Then they say what made them, are two lines of 42 at most, one after the other, and end with the film
    assert written.startswith("WEBVTT\n\nNOTE Made by a machine")
    made = vtt.read(written)
    assert all(len(line) <= 42 for cue in made for line in cue.text.split("\n"))
    assert all(cue.text.count("\n") <= 1 for cue in made)
    assert [cue.start for cue in made[1:]] == [cue.end for cue in made[:-1]]
    assert made[-1].end == 10.0
    assert "<script" not in written
    assert "watching" not in written
    assert cues.captions([], 10.0) == ""


def test_tracks_of_a_language_belong_together() -> None:
    # Given two German tracks by both codes, two that tell nothing, and one without channels
    track = AudioTrack(0, "pcm", 1, 48000)
    tracks = [
        replace(track, index=number, language=language)
        for number, language in enumerate(("ger", "", "deu", "und"))
    ]
    info = MediaInfo("video", "mov", "video/quicktime", audio=(*tracks, replace(track, index=4, channels=0)))
    # When they are put together, then there are two sounds
    found = {language: [one.index for one in group] for language, group in decoding.spoken(info)}
    assert found == {"de": [0, 2], "": [1, 3]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sure": 1.5},
        {"language": "-"},
        {"only": ("?",)},
        {"threads": 0},
        {"longest_hours": 0.0},
        {"beams": 99},
    ],
)
def test_settings_that_cannot_be_are_told_by_their_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"transcribe_whisper.{next(iter(wrong))}"):
        Settings(**wrong)
