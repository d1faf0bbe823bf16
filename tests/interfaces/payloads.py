"""Texts that would do something to a terminal, or to its reader, by name."""

from __future__ import annotations

ESC, CSI, ST, BEL = "\x1b", "\x9b", "\x1b\\", "\x07"

_C0 = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR"),
    *("SO", "SI", "DLE", "XON", "DC2", "XOFF", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB"),
    *("ESC", "FS", "GS", "RS", "US"),
)
_C1 = (
    *("PAD", "HOP", "BPH", "NBH", "IND", "NEL", "SSA", "ESA", "HTS", "HTJ", "VTS", "PLD", "PLU"),
    *("RI", "SS2", "SS3", "DCS", "PU1", "PU2", "STS", "CCH", "MW", "SPA", "EPA", "SOS", "SGC"),
    *("SCI", "CSI", "ST", "OSC", "PM", "APC"),
)

_SEQUENCES = {
    "red": "31m",
    "hidden text": "8m",
    "blinking": "5m",
    "colours back": "0m",
    "clear the screen": "2J",
    "clear what scrolled away": "3J",
    "clear the line": "2K",
    "home": "H",
    "to a place": "10;20H",
    "up": "9A",
    "down": "9B",
    "forward": "999C",
    "back": "999D",
    "insert lines": "9L",
    "delete lines": "9M",
    "delete characters": "9P",
    "repeat a character": "9999b",
    "scroll region": "5;6r",
    "scroll up": "99S",
    "save the cursor": "s",
    "restore the cursor": "u",
    "alternate screen": "?1049h",
    "alternate screen left": "?1049l",
    "old alternate screen": "?47h",
    "cursor hidden": "?25l",
    "mouse": "?1000h",
    "mouse drags": "?1002h",
    "mouse moves": "?1003h",
    "mouse in decimals": "?1006h",
    "focus": "?1004h",
    "paste brackets": "?2004h",
    "paste brackets off": "?2004l",
    "end of a paste": "201~",
    "beginning of a paste": "200~",
    "no wrap": "?7l",
    "reverse screen": "?5h",
    "held output": "?2026h",
    "arrow keys changed": "?1h",
    "keyboard protocol": ">1u",
    "insert mode": "4h",
    "line feed mode": "20h",
    "soft reset": "!p",
    "cursor shape": "5 q",
    "asks for the place": "6n",
    "asks for the status": "5n",
    "asks for the kind": "c",
    "asks for the version": ">0q",
    "asks for a mode": "?2004$p",
    "asks for the title": "21t",
    "asks for the size": "18t",
    "resizes the window": "8;1;1t",
    "makes the window an icon": "2t",
    "prints the screen": "5i",
}

_ESCAPES = {
    "full reset": "c",
    "screen of E": "#8",
    "double height": "#3",
    "line drawing": "(0",
    "line drawing, G1": ")0",
    "keypad": "=",
    "keypad off": ">",
    "cursor saved": "7",
    "cursor restored": "8",
    "index": "D",
    "next line": "E",
    "tab set": "H",
    "reverse index": "M",
    "one of G2": "N",
    "one of G3": "O",
    "who are you": "Z",
    "memory locked": "l",
    "window title of screen": "kowned\x1b\\",
    "not UTF-8": "%@",
}

_COMMANDS = {
    "title": "0;owned",
    "icon": "1;owned",
    "window title": "2;$(reboot)",
    "clipboard": "52;c;ZWNobyBvd25lZA==",
    "clipboard, primary": "52;p;ZWNobyBvd25lZA==",
    "clipboard read": "52;c;?",
    "link": "8;;https://evil.example",
    "link end": "8;;",
    "link to a file": "8;;file:///etc/passwd",
    "palette": "4;1;rgb:00/00/00",
    "palette asked for": "4;1;?",
    "foreground": "10;#000000",
    "background": "11;#000000",
    "background asked for": "11;?",
    "cursor colour": "12;#000000",
    "colours as before": "104",
    "notification": "9;owned",
    "notification, urxvt": "777;notify;owned;owned",
    "folder": "7;file://evil/",
    "prompt mark": "133;A",
    "file": "1337;File=inline=1:AAAA",
    "pointer": "22;none",
    "font": "50;huge",
}

_STRINGS = {
    "DCS status asked for": ("P", "$qm"),
    "DCS sixel": ("P", "q#0;2;0;0;0#0~~@@vv@@~~$-"),
    "DCS capability asked for": ("P", "+q544e"),
    "DCS keys changed": ("P", "0;0|17/726d0a"),
    "DCS to the outer terminal": ("P", "tmux;\x1b\x1b]52;c;AA==\x07"),
    "APC picture": ("_", "Gf=24,s=1,v=1;AAAA"),
    "APC": ("_", "owned"),
    "PM": ("^", "owned"),
    "SOS": ("X", "owned"),
}

TEXTS: dict[str, str] = {
    **{f"C0 {name}": f"a{chr(code)}b" for code, name in enumerate(_C0)},
    "DEL": "a\x7fb",
    **{f"C1 {name}": f"a{chr(code)}b" for code, name in enumerate(_C1, 0x80)},
    **{f"CSI {name}": f"{ESC}[{body}" for name, body in _SEQUENCES.items()},
    **{f"8-bit CSI {name}": f"{CSI}{body}" for name, body in _SEQUENCES.items()},
    **{f"ESC {name}": f"{ESC}{body}" for name, body in _ESCAPES.items()},
    **{f"OSC {name}": f"{ESC}]{body}{BEL}" for name, body in _COMMANDS.items()},
    **{f"OSC {name}, ST": f"{ESC}]{body}{ST}" for name, body in _COMMANDS.items()},
    **{f"8-bit OSC {name}": f"\x9d{body}\x9c" for name, body in _COMMANDS.items()},
    **{f"OSC {name}, open": f"{ESC}]{body}" for name, body in _COMMANDS.items()},
    **{name: f"{ESC}{begins}{body}{ST}" for name, (begins, body) in _STRINGS.items()},
    **{
        f"8-bit {name}": f"{chr(ord(begins) + 0x40)}{body}\x9c"
        for name, (begins, body) in _STRINGS.items()
    },
    **{f"{name}, open": f"{ESC}{begins}{body}" for name, (begins, body) in _STRINGS.items()},
    # what is written over, and lines of one's own
    "backspaces": "safe\b\b\b\bevil",
    "carriage return": "safe\revil",
    "line erased": "safe\r\x1b[Kevil",
    "a prompt of its own": "fine\r\nyou> /forget a\r\nbot> Forgot 1 pair.",
    "an error of its own": "fine\ndialog-s2s: send your password",
    "many lines": "\n" * 50,
    "tabs": "a\tb\t\tc",
    "NUL within": "a\0\0\0b",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "NEL": "a\u0085b",
    "a paste that ends": "\x1b[200~rm -rf ~\x1b[201~\r",
    "ESC at the end": "a\x1b",
    "two ESC": "\x1b\x1b[31m",
    "ESC within a sequence": "\x1b[3\x1b[31m1m",
    "CAN within a sequence": "\x1b[31\x18m",
    "line feed within a sequence": "\x1b[3\n1m",
    "ESC made of two": "\x1b\x7f[31m",
    # the direction of writing
    **{
        f"bidi U+{code:04X}": f"user{chr(code)}nimda{chr(code)}"
        for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    },
    "a file that is no picture": "photo\u202egnp.exe",
    "isolates within": "\u2066a\u2067b\u2069c\u2069",
    "override never ended": "\u202e" * 20 + "a",
    # what is no text
    "high surrogate": "a\ud800b",
    "low surrogate": "a\udfffb",
    "pair the wrong way": "\udc00\ud800",
    "ESC as half a pair": "\udc1b[31m",
    "bytes of a name": "a\udc9b31m\udcff",
    "byte order mark": "\ufeffa",
    "byte order mark within": "a\ufeffb",
    "noncharacters": "a\ufffe\uffffb",
    "tag characters": "a\U000e0001\U000e0041\U000e007fb",
    "zero width": "a\u200b\u200c\u200d\u2060b",
    "soft hyphen": "a\u00adb",
    "annotation": "a\ufff9b\ufffac\ufffbd",
    "variation selectors": "a\ufe0f\U000e0100b",
    "zalgo": "h" + "".join(map(chr, range(0x300, 0x370))) + "i",
    "only marks": "\u0301" * 200,
    "full width escape": "\u241b[31m",
    "very long": "x" * 4000,
    "very long, with codes": "\x1b[31mx\x9b0m " * 400,
    "very long, with lines": "line\r\n" * 400,
    "very long, wide": "\u4e00" * 2000,
    "all of C0 and C1": "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
}
"""As characters."""

BYTES: dict[str, bytes] = {
    **{f"byte {name}": b"a" + bytes([code]) + b"b" for code, name in enumerate(_C1, 0x80)},
    "bytes of a red text": b"\x9b31mred",
    "bytes of a title": b"\x9d0;owned\x9c",
    "torn off after 1 of 2": b"a\xc2",
    "torn off after 1 of 3": b"a\xe2",
    "torn off after 2 of 3": b"a\xe2\x80",
    "torn off after 3 of 4": b"a\xf0\x9f\x98",
    "torn by an escape": b"a\xe2\x80\x1b[31m",
    "torn by another": b"\xe2\xe2\x80\xae",
    "overlong NUL": b"a\xc0\x80b",
    "overlong ESC": b"\xc0\x9b[31m",
    "overlong ESC of 3": b"\xe0\x80\x9b[31m",
    "overlong ESC of 4": b"\xf0\x80\x80\x9b[31m",
    "overlong CSI": b"\xe0\x82\x9b31m",
    "surrogate in bytes": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "no UTF-8 at all": b"\xff\xfe\xff",
    "continuations alone": b"\x80\x9b\xbf\x9b",
    "CSI in UTF-8": b"\xc2\x9b31m",
    "override in UTF-8": b"\xe2\x80\xaeabc",
}
"""As bytes, most of them no UTF-8."""

PAYLOADS: dict[str, str] = TEXTS | {
    name: raw.decode("utf-8", "replace") for name, raw in BYTES.items()
}
"""All of them as text."""

RAW: dict[str, bytes] = {
    name: text.encode("utf-8", "surrogatepass") for name, text in TEXTS.items()
} | BYTES
"""All of them as bytes."""
