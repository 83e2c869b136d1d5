"""How values read on a screen: durations, instants, ratios, numbers. Text only, no HTML."""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from functools import lru_cache

from django.utils import formats, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

NO_VALUE = "–"
THIN = "\u00a0"
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def _number(value: Decimal, digits: int) -> str:
    """A decimal in the language's notation, with exactly `digits` behind the mark."""
    return formats.number_format(value, decimal_pos=digits, use_l10n=True, force_grouping=True)


def percent_text(ratio: float | None, digits: int = 3, worse: str = "lower") -> str:
    """A ratio in [0, 1] as percent, rounded toward the worse side, so that 99.9996 % never reads as 100 %.

    `worse` is "lower" for availability and its kin, "higher" for a share of failures. None is a dash.
    """
    if ratio is None:
        return NO_VALUE
    step = Decimal(1).scaleb(-digits)
    rounding = ROUND_FLOOR if worse == "lower" else ROUND_CEILING
    value = (Decimal(repr(float(ratio))) * 100).quantize(step, rounding=rounding)
    return f"{_number(value, digits)}{THIN}%"


def number_text(value: float | None, unit: str = "") -> str:
    """A figure of at most four significant digits with its unit; big ones with k, M, G, T.

    None, and what is no number, is a dash.
    """
    if value is None or not math.isfinite(value):
        return NO_VALUE
    if unit == "s":
        return duration_text(value)
    if unit in ("ratio", "share"):
        return percent_text(value, 1)
    scaled, prefix = value, ""
    if unit not in ("%", "°C") and abs(value) >= 10_000:
        size, prefix = next((size, name) for size, name in (*PREFIXES, (1, "")) if abs(value) >= size)
        scaled = value / size
    whole = len(str(int(abs(scaled)))) if abs(scaled) >= 1 else 0
    digits = 0 if scaled == int(scaled) else max(0, (4 if whole == 0 else 3) - whole)
    rounded = Decimal(repr(float(scaled))).quantize(Decimal(1).scaleb(-digits))
    shown = -min(0, int(rounded.normalize().as_tuple().exponent))
    text = _number(rounded, shown)
    tail = f"{prefix}{unit}"
    return f"{text}{THIN}{tail}" if tail else text


def _parts(seconds: int) -> list[tuple[int, str]]:
    """Days, hours, minutes and seconds with their signs in the page's language."""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    return [
        (days, pgettext("unit: days", "d")),
        (hours, pgettext("unit: hours", "h")),
        (minutes, pgettext("unit: minutes", "min")),
        (seconds, pgettext("unit: seconds", "s")),
    ]


def duration_text(seconds: float | None) -> str:
    """A length of time for people: the two biggest parts that matter ("2 d 4 h", "45 s", "12 ms"). None is a dash.

    Cut, not rounded: 59.9 minutes is not yet an hour.
    """
    if seconds is None:
        return NO_VALUE
    sign = "−" if seconds < 0 else ""
    size = abs(seconds)
    if 0 < size < 1:
        return f"{sign}{_milliseconds(size)}{THIN}ms"
    if size < 10 and size != int(size):
        value = Decimal(repr(float(size))).quantize(Decimal("0.1"), rounding=ROUND_DOWN)
        return f"{sign}{_number(value, 1)}{THIN}{pgettext('unit: seconds', 's')}"
    parts = _parts(int(size))
    first = next((index for index, (count, _unit) in enumerate(parts) if count), 3)
    shown = [part for part in parts[first : first + 2] if part[0]] or [parts[3]]
    return sign + " ".join(f"{count}{THIN}{unit}" for count, unit in shown)


def _milliseconds(size: float) -> str:
    """Part of a second in milliseconds, with two digits that matter below ten."""
    value = Decimal(repr(float(size))) * 1000
    if value >= 10:
        return str(int(value))
    digits = 1 if value >= 1 else min(6, 1 - value.adjusted())
    cut = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_DOWN)
    return _number(cut, -min(0, int(cut.normalize().as_tuple().exponent)))


def instant_text(value: dt.datetime | None, seconds: bool = False) -> str:
    """An aware instant in the zone of the screen: "23 Nov 2026 18:05". None is a dash."""
    if value is None:
        return NO_VALUE
    local = timezone.localtime(value)
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{day_text(local.date())}{THIN}{clock}"


def day_text(day: dt.date | None) -> str:
    """A calendar day: "23 Nov 2026". None is a dash."""
    return NO_VALUE if day is None else _day_text(day, get_language())


@lru_cache(maxsize=1024)
def _day_text(day: dt.date, language: str | None) -> str:
    """The same, kept for the days that stand in every row; in the language of now, which is `language`."""
    return formats.date_format(day, pgettext("date format", "j M Y")).replace(" ", THIN)


def ago_text(value: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago, or in how long: "3 min ago", "in 2 h". None is a dash."""
    if value is None:
        return NO_VALUE
    seconds = (now - value).total_seconds()
    if abs(seconds) < 1:
        return _("now")
    size = duration_text(int(abs(seconds))).split(" ")[0]
    return _("%(time)s ago") % {"time": size} if seconds > 0 else _("in %(time)s") % {"time": size}


def plain_value(value: object) -> str:
    """Any value as text in a cell of a list: yes and no, instants, days, numbers, durations."""
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return instant_text(value)
    if isinstance(value, dt.date):
        return day_text(value)
    if isinstance(value, dt.timedelta):
        return duration_text(value.total_seconds())
    if isinstance(value, int):
        return formats.number_format(value, use_l10n=True, force_grouping=True)
    if isinstance(value, float):
        return number_text(value)
    return str(value)
