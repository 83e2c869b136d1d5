"""The span of time a page shows, kept in its address: `?range=24h`, or `?from=…&until=…` after zooming."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.lib.errors import InputError, Problem

SPANS: dict[str, tuple[dt.timedelta, Promise]] = {
    "1h": (dt.timedelta(hours=1), gettext_lazy("1 h")),
    "6h": (dt.timedelta(hours=6), gettext_lazy("6 h")),
    "24h": (dt.timedelta(hours=24), gettext_lazy("24 h")),
    "7d": (dt.timedelta(days=7), gettext_lazy("7 d")),
    "30d": (dt.timedelta(days=30), gettext_lazy("30 d")),
    "1y": (dt.timedelta(days=365), gettext_lazy("1 y")),
}
LONGEST = dt.timedelta(days=3700)


@dataclass(frozen=True, slots=True)
class RangeLink:
    """A span to choose."""

    title: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What a page shows: [since, until) in UTC; `key` is the span when it ends now, else empty."""

    since: dt.datetime
    until: dt.datetime
    key: str
    now: dt.datetime
    request: HttpRequest

    @property
    def length(self) -> dt.timedelta:
        """How long it is."""
        return self.until - self.since

    def _url(self, **changes: str) -> str:
        query = self.request.GET.copy()
        for name in ("range", "from", "until"):
            query.pop(name, None)
        query.update(changes)
        return f"{self.request.path}?{query.urlencode()}"

    def _between(self, since: dt.datetime, until: dt.datetime) -> str:
        return self._url(**{"from": _address(since), "until": _address(until)})

    @property
    def links(self) -> list[RangeLink]:
        """The spans that end now."""
        return [
            RangeLink(str(title), self._url(range=key), key == self.key)
            for key, (_length, title) in SPANS.items()
        ]

    @property
    def earlier_url(self) -> str:
        """The span before this one."""
        return self._between(self.since - self.length, self.since)

    @property
    def later_url(self) -> str:
        """The span after this one; empty when this one ends now."""
        return (
            ""
            if self.until >= self.now
            else self._between(self.until, min(self.until + self.length, self.now))
        )

    @property
    def wider_url(self) -> str:
        """Twice as long around the same middle, not past now."""
        until = min(self.until + self.length / 2, self.now)
        return self._between(until - min(2 * self.length, LONGEST), until)


def _address(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _instant(text: str, field: str) -> dt.datetime:
    """An instant of the address; without offset it is in the zone of the screen. Raises InputError."""
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = dt.datetime.combine(day, dt.time())
        if found is not None and timezone.is_naive(found):
            found = timezone.make_aware(found)
        if found is not None:
            return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    remedy = _("Write it like 2026-03-01T22:00:00Z.")
    raise InputError(Problem(_("“%(text)s” is no instant.") % {"text": text}, field, remedy))


def instant_in(request: HttpRequest, field: str) -> dt.datetime:
    """The instant that the address gives in `field`. Raises InputError where it is none, or is missing."""
    return _instant(request.GET.get(field, ""), field)


def chosen_range(request: HttpRequest, now: dt.datetime, default: str = "24h") -> TimeRange:
    """The span that the address asks for. Raises InputError naming `range`, `from` or `until`."""
    start, end = request.GET.get("from", ""), request.GET.get("until", "")
    if start or end:
        until = _instant(end, "until") if end else now
        since = _instant(start, "from") if start else until - SPANS[default][0]
        if since >= until:
            raise InputError(
                Problem(_("It begins at or after its end."), "from", _("Choose an earlier beginning."))
            )
        if until - since > LONGEST:
            raise InputError(
                Problem(_("That is more than ten years."), "from", _("Choose a later beginning."))
            )
        return TimeRange(since, until, "", now, request)
    key = request.GET.get("range", default)
    if key not in SPANS:
        remedy = _("Choose one of: %(answers)s.") % {"answers": ", ".join(SPANS)}
        raise InputError(Problem(_("There is no span “%(key)s”.") % {"key": key}, "range", remedy))
    return TimeRange(now - SPANS[key][0], now, key, now, request)
