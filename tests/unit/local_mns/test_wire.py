"""The XML of MNS: what is understood of a request, and the exact text of an answer."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.mns import wire
from local.mns.errors import MnsError
from local.mns.records import Draft, Message, Queue

MESSAGE = Message(
    id="A" * 32,
    body="<&> 照片",
    md5="B" * 32,
    priority=8,
    enqueued=1000,
    visible_at=31_000,
    expires_at=99_000,
    first_dequeued=2000,
    dequeue_count=1,
    handles=1,
)
REFUSED = MnsError("MessageNotExist")

# --- in


@pytest.mark.parametrize(
    "namespace",
    ["", ' xmlns="http://mns.aliyuncs.com/doc/v1"', ' xmlns="http://mns.aliyuncs.com/doc/v1/"'],
)
def test_namespaces_do_not_matter(namespace: str) -> None:
    root = wire.parse(f"<Queue{namespace}><DelaySeconds>7</DelaySeconds></Queue>".encode())
    assert root.tag == "Queue"
    assert wire.attributes(root) == {"delay_seconds": 7}


@pytest.mark.parametrize(
    "body",
    [
        b"<Message>",
        b"no xml",
        b"<a/><b/>",
        b"<Message><MessageBody>\x01</MessageBody></Message>",
        b"<Message>\xff</Message>",
        b"<Message>&other;</Message>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Message><MessageBody>&b;</MessageBody></Message>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Message/>',
    ],
)
def test_what_is_no_plain_xml_is_refused(body: bytes) -> None:
    with pytest.raises(MnsError, match="MalformedXML"):
        wire.parse(body)


def test_utf_8_is_read_whatever_the_document_declares() -> None:
    assert wire.parse('<?xml version="1.0" encoding="utf-7"?><a>照</a>'.encode()).text == "照"


def test_all_attributes_of_a_queue_are_read() -> None:
    body = b"""<?xml version="1.0" encoding="utf-8"?>
    <Queue><VisibilityTimeout> 60 </VisibilityTimeout><MaximumMessageSize>2048</MaximumMessageSize>
    <MessageRetentionPeriod>86400</MessageRetentionPeriod><DelaySeconds>1</DelaySeconds>
    <PollingWaitSeconds>2</PollingWaitSeconds><LoggingEnabled>True</LoggingEnabled><Unheard>of</Unheard></Queue>"""
    assert wire.attributes(wire.parse(body)) == {
        "visibility_timeout": 60,
        "maximum_message_size": 2048,
        "message_retention_period": 86_400,
        "delay_seconds": 1,
        "polling_wait_seconds": 2,
        "logging_enabled": True,
    }


@pytest.mark.parametrize(
    ("inside", "draft"),
    [
        ("<MessageBody>x</MessageBody>", Draft("x", system_properties=[], user_properties=[])),
        (
            "<MessageBody> &lt;a&gt; \n</MessageBody><DelaySeconds>0</DelaySeconds><Priority>1</Priority>",
            Draft(" <a> \n", 0, 1, [], []),
        ),
        ("<MessageBody>x</MessageBody><Priority>0</Priority>", Draft("x", None, 0, [], [])),
        ("<Priority>2</Priority>", Draft("", None, 2, [], [])),
        (
            "<MessageBody>x</MessageBody>"
            "<UserProperties><PropertyValue><Name>k</Name><Value>v</Value><Type>STRING</Type></PropertyValue>"
            "</UserProperties><SystemProperties><SystemPropertyValue><Name>traceparent</Name><Value>00</Value>"
            "<Type>STRING</Type></SystemPropertyValue></SystemProperties>",
            Draft("x", None, 8, [["traceparent", "00", "STRING"]], [["k", "v", "STRING"]]),
        ),
    ],
)
def test_a_message_to_send_is_read(inside: str, draft: Draft) -> None:
    assert wire.draft(wire.parse(f"<Message>{inside}</Message>".encode())) == draft


def test_a_number_that_is_none_is_an_invalid_argument() -> None:
    with pytest.raises(MnsError, match="InvalidArgument: The value of Priority is not a number"):
        wire.draft(wire.parse(b"<Message><Priority>high</Priority></Message>"))


# --- out


def lines(answer: bytes) -> list[str]:
    """The answer below its declaration and root."""
    declaration, root, *rest, last, end = answer.decode().split("\n")
    assert declaration == '<?xml version="1.0" ?>'
    assert root.endswith(' xmlns="http://mns.aliyuncs.com/doc/v1">')
    assert last.startswith("</") and end == ""
    return rest


def test_an_error_has_all_that_the_sdks_ask_for() -> None:
    assert wire.error(REFUSED, "6543", "127.0.0.1:9000").decode() == (
        '<?xml version="1.0" ?>\n'
        '<Error xmlns="http://mns.aliyuncs.com/doc/v1">\n'
        "  <Code>MessageNotExist</Code>\n"
        "  <Message>Message not exist.</Message>\n"
        "  <RequestId>6543</RequestId>\n"
        "  <HostId>http://127.0.0.1:9000</HostId>\n"
        "</Error>\n"
    )


def test_a_received_message_has_its_elements_in_the_recorded_order() -> None:
    assert lines(wire.received([MESSAGE], batch=False)) == [
        f"  <MessageId>{'A' * 32}</MessageId>",
        f"  <MessageBodyMD5>{'B' * 32}</MessageBodyMD5>",
        "  <MessageBody>&lt;&amp;&gt; 照片</MessageBody>",
        f"  <ReceiptHandle>{MESSAGE.handle}</ReceiptHandle>",
        "  <EnqueueTime>1000</EnqueueTime>",
        "  <FirstDequeueTime>2000</FirstDequeueTime>",
        "  <NextVisibleTime>31000</NextVisibleTime>",
        "  <DequeueCount>1</DequeueCount>",
        "  <Priority>8</Priority>",
    ]


def test_a_peeked_message_has_no_handle_and_counts_its_first_receive_from_sending() -> None:
    fresh = Message("A" * 32, "x", "B" * 32, 8, enqueued=1000, visible_at=1000, expires_at=9000)
    assert [line.strip() for line in lines(wire.received([fresh, fresh], batch=True, peeked=True))] == [
        "<Message>",
        f"<MessageId>{'A' * 32}</MessageId>",
        f"<MessageBodyMD5>{'B' * 32}</MessageBodyMD5>",
        "<MessageBody>x</MessageBody>",
        "<EnqueueTime>1000</EnqueueTime>",
        "<FirstDequeueTime>1000</FirstDequeueTime>",
        "<DequeueCount>0</DequeueCount>",
        "<Priority>8</Priority>",
        "</Message>",
    ] * 2


def test_system_properties_come_before_user_properties_and_those_last() -> None:
    tagged = Message(
        *("A" * 32, "x", "B" * 32, 8, 1, 1, 9),
        user_properties=[["k", "1", "NUMBER"], ["l", "Yg==", "BINARY"]],
        system_properties=[["traceparent", "00", "STRING"]],
    )
    assert lines(wire.received([tagged], batch=False))[9:] == [
        "  <SystemProperties>",
        "    <SystemPropertyValue>",
        "      <Name>traceparent</Name>",
        "      <Value>00</Value>",
        "      <Type>STRING</Type>",
        "    </SystemPropertyValue>",
        "  </SystemProperties>",
        "  <UserProperties>",
        "    <PropertyValue>",
        "      <Name>k</Name>",
        "      <Value>1</Value>",
        "      <Type>NUMBER</Type>",
        "    </PropertyValue>",
        "    <PropertyValue>",
        "      <Name>l</Name>",
        "      <Value>Yg==</Value>",
        "      <Type>BINARY</Type>",
        "    </PropertyValue>",
        "  </UserProperties>",
    ]


def test_a_sent_message_shows_its_handle_only_when_it_is_delayed() -> None:
    at_once = Message("A" * 32, "x", "B" * 32, 8, 1, 1, 9)
    assert len(lines(wire.sent(at_once))) == 2
    assert lines(wire.sent(MESSAGE))[2:] == [f"  <ReceiptHandle>{MESSAGE.handle}</ReceiptHandle>"]


def test_entries_of_a_sent_batch_have_exactly_two_elements() -> None:
    assert [line.strip() for line in lines(wire.sent_batch([MESSAGE, REFUSED]))] == [
        "<Message>",
        f"<MessageId>{'A' * 32}</MessageId>",
        f"<MessageBodyMD5>{'B' * 32}</MessageBodyMD5>",
        "</Message>",
        "<Message>",
        "<ErrorCode>MessageNotExist</ErrorCode>",
        "<ErrorMessage>Message not exist.</ErrorMessage>",
        "</Message>",
    ]


def test_a_failed_delete_names_its_handle() -> None:
    assert lines(wire.not_deleted([("h=", REFUSED)])) == [
        "  <Error>",
        "    <ErrorCode>MessageNotExist</ErrorCode>",
        "    <ErrorMessage>Message not exist.</ErrorMessage>",
        "    <ReceiptHandle>h=</ReceiptHandle>",
        "  </Error>",
    ]


def test_a_changed_visibility_gives_the_new_handle_and_time() -> None:
    assert lines(wire.visibility(MESSAGE)) == [
        f"  <ReceiptHandle>{MESSAGE.handle}</ReceiptHandle>",
        "  <NextVisibleTime>31000</NextVisibleTime>",
    ]


def test_a_queue_has_its_elements_in_the_recorded_order() -> None:
    queue = Queue("tasks", 30, 65_536, 345_600, 1, 2, False, 111, 222)
    assert lines(wire.queue(queue, Counter(active=3, inactive=4))) == [
        "  <QueueName>tasks</QueueName>",
        "  <DelaySeconds>1</DelaySeconds>",
        "  <MaximumMessageSize>65536</MaximumMessageSize>",
        "  <MessageRetentionPeriod>345600</MessageRetentionPeriod>",
        "  <VisibilityTimeout>30</VisibilityTimeout>",
        "  <CreateTime>111</CreateTime>",
        "  <LastModifyTime>222</LastModifyTime>",
        "  <PollingWaitSeconds>2</PollingWaitSeconds>",
        "  <ActiveMessages>3</ActiveMessages>",
        "  <InactiveMessages>4</InactiveMessages>",
        "  <DelayMessages>0</DelayMessages>",
        "  <LoggingEnabled>False</LoggingEnabled>",
        "  <MessageType>0</MessageType>",
        "  <EnableSSE>False</EnableSSE>",
    ]


def test_a_list_of_queues_names_the_next_page_only_when_there_is_one() -> None:
    listed = [(Queue("a"), None)]
    short = [
        "  <Queue>",
        "    <QueueURL>http://127.0.0.1:1/queues/a</QueueURL>",
        "    <QueueName>a</QueueName>",
        "  </Queue>",
    ]
    assert lines(wire.queues(listed, "", "127.0.0.1:1")) == short
    assert lines(wire.queues(listed, "b", "127.0.0.1:1")) == [*short, "  <NextMarker>b</NextMarker>"]


def test_a_list_of_queues_may_show_them_in_full() -> None:
    full = lines(wire.queues([(Queue("a"), Counter(active=5))], "", "127.0.0.1:1"))
    assert full[1:3] == ["    <QueueURL>http://127.0.0.1:1/queues/a</QueueURL>", "    <QueueName>a</QueueName>"]
    assert "    <ActiveMessages>5</ActiveMessages>" in full


XML_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n\r")


@given(st.text(XML_CHARACTERS, min_size=1))
def test_any_text_comes_out_of_a_parser_as_it_went_in(body: str) -> None:
    answer = ElementTree.fromstring(wire.document("Message", [("MessageBody", body)]))
    assert answer.findtext("{http://mns.aliyuncs.com/doc/v1}MessageBody") == body
    assert wire.draft(wire.parse(wire.document("Message", [("MessageBody", body)]))).body == body
