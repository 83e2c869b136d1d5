"""What probes and the judging of results write down, to be told in the reader's language. A test holds it to them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from beheer.ui.sentences import Sentences

SAID = Sentences(
    (
        _("down because %(why)s"),
        _("degraded because %(why)s"),
        _("unknown because %(why)s"),
        _("no result for longer than the check allows"),
        _("waiting for the first call"),
        _("the job reported failure"),
        _("the job never called"),
        _("last success %(when)s UTC"),
        _("%(what)s, %(seconds)s s too late"),
        _("waiting for the first delivery"),
        _("nothing heard of %(source)s"),
        _("%(alert)s is not told any more"),
        _("firing: %(alerts)s"),
        _("no alert fires"),
        _("HTTP %(status)s in %(time)s ms"),
        _("HTTP %(status)s in %(time)s ms, body cut at %(size)s bytes"),
        _("the body is no JSON"),
        _("the body is no JSON (it was cut)"),
        _("connected in %(time)s ms"),
        _("connected in %(time)s ms, received %(what)s"),
        _("the connection broke: %(why)s"),
        _("the certificate is not valid: %(why)s"),
        _("the server sent no certificate"),
        _("the chain is not valid: %(why)s"),
        _("it is for %(names)s and not for %(name)s"),
        _("valid until %(day)s (%(days)s days), %(protocol)s"),
        _("the agent's machine has no name server"),
        _("name server %(server)s did not answer within %(time)s s"),
        _("name server %(server)s cannot be asked: %(why)s"),
        _("%(received)s of %(sent)s answers from %(host)s"),
        _("%(mount)s cannot be measured: %(why)s"),
        _("processor %(processor)s, memory %(memory)s, fullest disk %(disk)s, load %(load)s"),
        _("there is no plugin %(plugin)s in %(places)s"),
        _("timed out after %(time)s s and was stopped"),
        _("HTTP %(status)s instead of metrics"),
        _("none of the series was there"),
        _("timed out after %(time)s s %(doing)s"),
        _("while waiting for an answer"),
        _("during the TLS handshake"),
        _("unknown host: %(host)s"),
        _("connection refused: %(place)s"),
        _("no connection with %(place)s within %(time)s s"),
        _("no answer within %(time)s s"),
        _("TLS handshake failed: %(why)s"),
        _("network is unreachable: %(place)s"),
        _("no route to host: %(place)s"),
        _("%(checks)s checks, latest %(late)s s late, %(batches)s batches waiting (%(size)s MB)"),
        _("the agent cannot read this check: %(why)s"),
        _("the probe failed: %(why)s"),
    )
)
FROM_THE_SYSTEM = (
    "network is unreachable: %(place)s",
    "no route to host: %(place)s",
)  # words of the C library


def said(text: str) -> str:
    """What was written down, in the reader's language."""
    return SAID.told(text)
