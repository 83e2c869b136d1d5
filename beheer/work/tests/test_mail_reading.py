"""What is read of mails as they come in the wild."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from beheer.work.mail.reading import Mail, read_mail, without_quotes


def mail(**headers: str) -> EmailMessage:
    """A plain mail from alice; underscores in names become dashes."""
    message = EmailMessage()
    given = {"From": "Alice <alice@example.org>", "Subject": "No sound", "Message-ID": "<1@example.org>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content("There is no sound in hall 3.")
    return message


def read(message: EmailMessage | bytes) -> Mail:
    """Read it as it would come from the server."""
    return read_mail(
        message if isinstance(message, bytes) else message.as_bytes(), own_mark="this-installation"
    )


def test_a_plain_mail_is_read() -> None:
    found = read(mail())
    assert (found.from_name, found.from_address, found.subject) == ("Alice", "alice@example.org", "No sound")
    assert found.text == "There is no sound in hall 3."
    assert not (found.is_automatic or found.is_bounce or found.is_own or found.failed_authentication)


def test_a_reply_names_what_it_answers_nearest_first() -> None:
    found = read(
        mail(
            In_Reply_To="<c@x>", References="<a@x> <b@x> <c@x>", Subject="Antw: Re: [INC-2026-00012] No sound"
        )
    )
    assert found.refers_to == ("<c@x>", "<b@x>", "<a@x>")
    assert (found.number, found.subject) == ("INC-2026-00012", "No sound")


@pytest.mark.parametrize(
    "quoted",
    [
        "Op ma 23 nov. 2026 om 10:12 schreef Helpdesk <help@example.org>:\n\n> Werkt het?",
        "On Mon, Nov 23, 2026 at 10:12 AM Helpdesk <help@example.org> wrote:\n> Does it work?",
        "On Mon, Nov 23, 2026 at 10:12 AM Helpdesk\n<help@example.org> wrote:\n> Does it work?",
        "-----Oorspronkelijk bericht-----\nVan: Helpdesk\nWerkt het?",
        "________________________________\nVan: Helpdesk <help@example.org>\nVerzonden: maandag 10:12\n",
        "Van: Helpdesk <help@example.org>\nVerzonden: maandag\nAan: Alice\nOnderwerp: Geluid\n\nWerkt het?",
        "> Does it work?\n> Regards",
    ],
)
def test_what_is_quoted_is_cut(quoted: str) -> None:
    assert without_quotes(f"Dank je, het werkt.\n\nAlice\n\n{quoted}\n") == "Dank je, het werkt.\n\nAlice"


def test_words_between_quotes_stay() -> None:
    text = "> Which hall?\nHall 3.\n> Since when?\nSince Monday."
    assert without_quotes(text) == text


def test_a_mail_that_only_quotes_stays_whole() -> None:
    assert without_quotes("> all of it is a quote") == "> all of it is a quote"


def test_html_becomes_text_without_style() -> None:
    message = mail()
    message.set_content(
        "<html><head><style>p {color: red}</style></head><body><p>No&nbsp;sound</p><div>Hall <b>3</b></div>"
        "<blockquote>old words</blockquote></body></html>",
        subtype="html",
    )
    assert read(message).text == "No sound\n\nHall 3"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<news.example.org>"},
        {"From": "MAILER-DAEMON@example.org"},
        {"From": "no-reply@example.org"},
        {"Return_Path": "<>"},
    ],
)
def test_what_nobody_wrote_is_known(headers: dict[str, str]) -> None:
    assert read(mail(**headers)).is_automatic


def test_a_mail_of_our_own_that_comes_back_is_known() -> None:
    assert read(mail(X_Beheer="this-installation")).is_own
    assert not read(mail(X_Beheer="another-one")).is_own


def test_a_bounce_is_known() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n--b--\r\n"
    )
    found = read(raw)
    assert found.is_bounce and found.is_automatic
    assert found.text == "It could not be delivered."


def test_a_forged_sender_that_the_server_found_out_is_told() -> None:
    assert read(
        mail(Authentication_Results="mx.example.org; spf=fail; dmarc=fail header.from=example.org")
    ).failed_authentication
    assert not read(
        mail(Authentication_Results="mx.example.org; spf=fail; dkim=pass; dmarc=pass")
    ).failed_authentication


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00 no mail at all",
        b"From: \xe9\xe9 <a@x.org>\r\nSubject: =?utf-99?q?x?=\r\nContent-Type: text/plain; charset=new\r\n\r\n\xe9",
        b"From: a@example.org, b@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nno end",
        b"From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"Message-ID: no brackets\r\nReferences: <a@x\r\n\r\nwords",
    ],
)
def test_a_broken_mail_gives_what_can_be_read(raw: bytes) -> None:
    assert isinstance(read(raw).text, str)


def test_a_wrong_encoding_keeps_its_words() -> None:
    raw = b"From: a@example.org\r\nContent-Type: text/plain; charset=made-up\r\n\r\ncaf\xe9 zonder geluid"
    assert read(raw).text == "café zonder geluid"


def test_files_come_along_with_harmless_names() -> None:
    message = mail()
    message.add_attachment(b"data", maintype="application", subtype="pdf", filename="../../etc/p\tass.pdf")
    files = read(message).files
    assert [(file.name, file.media_type, file.content) for file in files] == [
        ("pass.pdf", "application/pdf", b"data")
    ]


def test_html_keeps_the_addresses_of_links_and_tells_cells_apart() -> None:
    message = EmailMessage()
    message.set_content(
        '<p>See <a href="https://example.org/x?a=1">this page</a> or <a href="https://example.org/">example.org</a>,'
        ' <a href="mailto:a@example.org">mail</a></p><table><tr><td>Room</td><td>2.14</td></tr></table>',
        subtype="html",
    )
    text = read_mail(message.as_bytes(), own_mark="").text
    assert "this page (https://example.org/x?a=1) or example.org, mail" in text
    assert "Room 2.14" in text


def test_a_picture_in_the_text_is_a_file_also_without_a_name() -> None:
    message = EmailMessage()
    message.set_content('<p>Look: <img src="cid:one"></p>', subtype="html")
    message.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<one>")
    [file] = read_mail(message.as_bytes(), own_mark="").files
    assert (file.name, file.media_type) == ("image-3.png", "image/png")
