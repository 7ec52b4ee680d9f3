"""The note that most texts of a function are in a language that the encoder does not read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noria.encoders.multilingual.e5 import EXTRA, MultilingualE5Small
from noria.records.function import Function
from noria.server.dashboard.languages import Later, t

if TYPE_CHECKING:
    from noria.app import Noria

_PATIENCE_S = 0.3  # after which the page comes without it; the next has it

# Of what is told from one another, those that multilingual-e5-small was made for.
NAMES = {
    "af": Later("Afrikaans"),
    "am": Later("Amharic"),
    "ar": Later("Arabic"),
    "as": Later("Assamese"),
    "az": Later("Azerbaijani"),
    "be": Later("Belarusian"),
    "bg": Later("Bulgarian"),
    "bn": Later("Bangla"),
    "br": Later("Breton"),
    "bs": Later("Bosnian"),
    "ca": Later("Catalan"),
    "cs": Later("Czech"),
    "cy": Later("Welsh"),
    "da": Later("Danish"),
    "de": Later("German"),
    "el": Later("Greek"),
    "en": Later("English"),
    "eo": Later("Esperanto"),
    "es": Later("Spanish"),
    "et": Later("Estonian"),
    "eu": Later("Basque"),
    "fa": Later("Persian"),
    "fi": Later("Finnish"),
    "fr": Later("French"),
    "fy": Later("Western Frisian"),
    "ga": Later("Irish"),
    "gd": Later("Scottish Gaelic"),
    "gl": Later("Galician"),
    "gu": Later("Gujarati"),
    "ha": Later("Hausa"),
    "he": Later("Hebrew"),
    "hi": Later("Hindi"),
    "hr": Later("Croatian"),
    "hu": Later("Hungarian"),
    "hy": Later("Armenian"),
    "id": Later("Indonesian"),
    "is": Later("Icelandic"),
    "it": Later("Italian"),
    "ja": Later("Japanese"),
    "jv": Later("Javanese"),
    "ka": Later("Georgian"),
    "kk": Later("Kazakh"),
    "km": Later("Khmer"),
    "kn": Later("Kannada"),
    "ko": Later("Korean"),
    "ku": Later("Kurdish"),
    "ky": Later("Kyrgyz"),
    "la": Later("Latin"),
    "lo": Later("Lao"),
    "lt": Later("Lithuanian"),
    "lv": Later("Latvian"),
    "mg": Later("Malagasy"),
    "mk": Later("Macedonian"),
    "ml": Later("Malayalam"),
    "mn": Later("Mongolian"),
    "mr": Later("Marathi"),
    "ms": Later("Malay"),
    "my": Later("Burmese"),
    "ne": Later("Nepali"),
    "nl": Later("Dutch"),
    "no": Later("Norwegian"),
    "om": Later("Oromo"),
    "or": Later("Odia"),
    "pa": Later("Punjabi"),
    "pl": Later("Polish"),
    "ps": Later("Pashto"),
    "pt": Later("Portuguese"),
    "ro": Later("Romanian"),
    "ru": Later("Russian"),
    "sa": Later("Sanskrit"),
    "si": Later("Sinhala"),
    "sk": Later("Slovak"),
    "sl": Later("Slovenian"),
    "so": Later("Somali"),
    "sq": Later("Albanian"),
    "sr": Later("Serbian"),
    "sv": Later("Swedish"),
    "sw": Later("Swahili"),
    "ta": Later("Tamil"),
    "te": Later("Telugu"),
    "th": Later("Thai"),
    "tl": Later("Tagalog"),
    "tr": Later("Turkish"),
    "ug": Later("Uyghur"),
    "uk": Later("Ukrainian"),
    "ur": Later("Urdu"),
    "uz": Later("Uzbek"),
    "vi": Later("Vietnamese"),
    "xh": Later("Xhosa"),
    "zh": Later("Chinese"),
}


@dataclass(frozen=True, slots=True)
class UnreadNote:
    language: str  # by its name
    encoder: str
    reads: str  # names of languages
    better: str = MultilingualE5Small.name
    extra: str = EXTRA


def unread_note(noria: "Noria", function: Function) -> UnreadNote | None:
    """None where there is nothing to say."""
    found = noria.text_languages.unread(function, _PATIENCE_S)
    if found is None or found.language not in NAMES:
        return None
    reads = ", ".join(t(NAMES.get(code, code)) for code in sorted(found.reads))
    return UnreadNote(t(NAMES[found.language]), found.encoder, reads)
