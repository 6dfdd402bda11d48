"""The wire format's example, put down byte for byte from its page, and how mail is read back."""

import email

NUMBERS = ("79210000000", "79111234567")
TEXT = "Привет, мир!"


def letter(text: str = TEXT) -> bytes:
    """The decoded body that the operator must get."""
    fields = (
        b"SmsUser=acme\r\n"
        b"Password=s3cret\r\n"
        b"SourceAddress=ACME\r\n"
        b"PhoneNumber=79210000000,79111234567\r\n"
    )
    return fields + text.replace("\n", "\r\n").encode("windows-1251") + b"\r\n"


def raw_body(mail: bytes) -> bytes:
    """What follows the headers, as it came over the wire."""
    return mail.partition(b"\r\n\r\n")[2]


def decoded_body(mail: bytes) -> bytes:
    """The body by the standard library's reading of its transfer encoding."""
    content = email.message_from_bytes(mail).get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def transfer_encoding(mail: bytes) -> str:
    return str(email.message_from_bytes(mail)["Content-Transfer-Encoding"])
