"""Dictating into documents that nobody wrote by hand."""

# ruff: noqa: RUF001 - scripts that look alike are the point

from pathlib import Path

import pytest

from tests.rigs.words_editor import WordsEditor

NAMES = "".join(f"def handleRequest{number}Async(): pass\n" for number in range(50_000))
BUFFERS = {
    "binary": "\0\x01\x02\ud800\x7f" * 5_000,
    "minified": "var a=1;function getUserById(b){return b}" * 20_000,
    "mixed encodings": "name = 'Grüße \ufffd\ufffd'\r\rx = 1\n\r\n" * 500,
    "50,000 names": NAMES,
    "other scripts": "переменнаяДлины = 1\n変数 = 2\nκαλημέρα_κόσμε = 3\n" * 100,
    "emoji": "s = '😀👩‍👩‍👧‍👦'\n" * 300,
    "empty": "",
    "line ends alone": "\r\n" * 10_000,
}


@pytest.mark.parametrize("language_id", ["python", "", "klingon"])
@pytest.mark.parametrize("kind", BUFFERS)
async def test_dictation_goes_on_whatever_the_buffer_holds(
    private_home: Path, kind: str, language_id: str
) -> None:
    text = BUFFERS[kind]
    async with WordsEditor(private_home / "work", language_id, text) as editor:
        for cursor in (len(text), len(text) // 2, 0):
            editor.cursor = cursor
            before = len(editor.text)
            final = await editor.say("hello world")
            assert final.outcome == "inserted"
            assert "hello world" in final.text.lower().replace("_", " ")
            assert len(editor.text) >= before + len("hello world")
            assert editor.told == []
            await editor.say("scratch that")
            assert len(editor.text) == before


async def test_in_a_hundred_megabytes_too(private_home: Path) -> None:
    text = "some_value = compute(another_value)\n" * (100_000_000 // 36)
    async with WordsEditor(private_home / "work", "python", text) as editor:
        final = await editor.say("some value equals another value")
        assert final.text == "some_value = another_value"


async def test_names_in_other_scripts_are_names(private_home: Path) -> None:
    text = "переменнаяДлины = 1\nобщая_сумма = 2\n"
    async with WordsEditor(private_home / "work", "python", text) as editor:
        assert (await editor.say("переменная длины")).text == "переменнаяДлины"
        await editor.say("new line")
        assert (await editor.say("общая сумма")).text == "общая_сумма"
