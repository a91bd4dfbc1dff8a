"""What Whispers write over silence and noise: sentences of their training subtitles.

Collected from openai/whisper's discussions 679 and 928 ("hallucination on silence"), from the
hallucination lists of faster-whisper's and whisper.cpp's users, and from Koenecke et al., "Careless
Whisper: Speech-to-Text Hallucination Harms", 2024. Every entry is normalised (see `normalised`).
"""

# ruff: noqa: RUF001 - these are other alphabets' letters, not look-alikes of ours

from typing import Final

CREDITS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "subtitles by the amara org community",
        "subtitles by steamteamextra",
        "transcription by castingwords",
        "transcribed by https otter ai",
        "copyright wdr 2020",
    ),
    "de": (
        "untertitel der amara org community",
        "untertitel im auftrag des zdf für funk 2017",
        "untertitelung des zdf 2020",
        "untertitelung im auftrag des zdf 2020",
        "untertitelung aufgrund der amara org community",
        "untertitel von stephanie geiges",
        "swr 2020",
        "swr 2021",
    ),
    "fr": (
        "sous titres réalisés par la communauté d amara org",
        "sous titres réalisés para la communauté d amara org",
        "sous titrage société radio canada",
        "sous titrage st 501",
    ),
    "es": (
        "subtítulos realizados por la comunidad de amara org",
        "subtítulos por la comunidad de amara org",
        "subtitulado por la comunidad de amara org",
    ),
    "it": (
        "sottotitoli creati dalla comunità amara org",
        "sottotitoli e revisione a cura di qtss",
    ),
    "pt": (
        "legendas pela comunidade amara org",
        "legendas pela comunidade de amara org",
        "legenda adriana zanotto",
    ),
    "nl": (
        "ondertitels ingediend door de amara org gemeenschap",
        "ondertiteld door de amara org gemeenschap",
    ),
    "pl": (
        "napisy stworzone przez społeczność amara org",
        "napisy wykonane przez społeczność amara org",
    ),
    "ru": (
        "редактор субтитров а семкин корректор а егорова",
        "субтитры сделал dimatorzok",
        "субтитры создавал dimatorzok",
        "субтитры подогнал симон",
    ),
    "tr": ("altyazı m k",),
    "zh": (
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "字幕由amara org社区提供",
        "中文字幕志愿者 李宗盛",
    ),
    "ja": ("字幕視聴ありがとうございました",),
    "ko": ("mbc 뉴스 이덕영입니다",),
}
"""Nobody dictates these: invented wherever they are the whole text or its last sentences."""

SIGN_OFFS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "thanks for listening",
        "please subscribe",
        "please subscribe to my channel",
        "please like and subscribe",
        "don t forget to like and subscribe",
        "see you in the next video",
        "i ll see you in the next video",
        "see you next time",
    ),
    "de": (
        "vielen dank fürs zuschauen",
        "danke fürs zuschauen",
        "vielen dank für die aufmerksamkeit",
    ),
    "fr": (
        "merci d avoir regardé cette vidéo",
        "merci d avoir regardé",
        "abonnez vous",
    ),
    "es": ("gracias por ver el video", "gracias por ver", "suscríbete al canal"),
    "it": ("grazie per aver guardato il video", "iscrivetevi al canale"),
    "pt": ("obrigado por assistir", "inscreva se no canal"),
    "nl": ("bedankt voor het kijken",),
    "pl": ("dziękuję za oglądanie", "dzięki za oglądanie"),
    "ru": ("спасибо за просмотр", "продолжение следует"),
    "tr": ("izlediğiniz için teşekkür ederim", "izlediğiniz için teşekkürler"),
    "zh": ("谢谢观看", "谢谢大家观看", "感谢观看", "謝謝觀看"),
    "ja": ("ご視聴ありがとうございました", "チャンネル登録お願いします"),
    "ko": ("시청해주셔서 감사합니다", "시청해 주셔서 감사합니다", "구독과 좋아요 부탁드립니다"),
}
"""Seldom dictated: invented as the whole text; at its end only where the target was not sure."""

COURTESIES: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "thank you",
        "thank you very much",
        "thank you so much",
        "thanks",
        "you",
        "bye",
        "bye bye",
        "okay",
        "oh",
        "so",
        "the",
        "hmm",
        "uh",
    ),
    "de": ("vielen dank", "danke", "danke schön", "tschüss", "bis zum nächsten mal"),
    "fr": ("merci", "merci beaucoup", "au revoir"),
    "es": ("gracias", "muchas gracias", "adiós"),
    "it": ("grazie", "grazie mille", "ciao"),
    "pt": ("obrigado", "obrigada", "tchau"),
    "nl": ("dank je wel", "bedankt", "tot ziens"),
    "pl": ("dziękuję", "dzięki"),
    "ru": ("спасибо", "пока"),
    "tr": ("teşekkürler", "teşekkür ederim"),
    "zh": ("谢谢", "謝謝", "谢谢大家"),
    "ja": ("ありがとうございました", "ありがとうございます"),
    "ko": ("감사합니다", "고맙습니다"),
}
"""Said every day: invented only as the whole text of a sound in which nobody seems to speak, or
at a text's end where the target was not sure of them at all."""


def normalised(text: str) -> str:
    """`text` in lower case, with single spaces for everything that is no letter and no digit."""
    # Casefolding writes a Turkish capital with a combining dot, which is no letter.
    lower = text.casefold().replace("\u0307", "")
    return " ".join(
        "".join(character if character.isalnum() else " " for character in lower).split()
    )
