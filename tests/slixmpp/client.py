"""An XMPP client that a test drives: one JSON command a line in, one JSON answer a line out.

Answers carry the "id" of their command; events have an "event" instead. What is said on the wire is slixmpp's
business alone.
"""

import asyncio
import json
import os
import sys
from xml.etree import ElementTree

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout

SERVICE = "pubsub.localhost"
PUBSUB = "{http://jabber.org/protocol/pubsub}"
OWNER = "{http://jabber.org/protocol/pubsub#owner}"
EVENT = "{http://jabber.org/protocol/pubsub#event}"
FORM = "{jabber:x:data}"


def say(**words):
    print(json.dumps(words), flush=True)


def source(element):
    return ElementTree.tostring(element, encoding="unicode")


class Client(ClientXMPP):
    """Turns commands into slixmpp's calls and notifications into lines; a `do_` method for each command."""

    def __init__(self, jid, password):
        plain_tcp = {"feature_mechanisms": {"unencrypted_scram": True}}
        super().__init__(jid, password, plugin_config=plain_tcp)
        for plugin in ("xep_0004", "xep_0030", "xep_0059", "xep_0060", "xep_0199"):
            self.register_plugin(plugin)
        kind = os.environ.get("CLIENT_TLS")
        self.enable_direct_tls = kind == "direct"
        self.enable_starttls = kind == "starttls"
        self.enable_plaintext = kind is None
        self.ca_certs = os.environ.get("CLIENT_AUTHORITY")
        self.use_ipv6 = False
        self.pubsub = self.plugin["xep_0060"]
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_all_auth", lambda _: say(event="refused"))
        self.add_event_handler("disconnected", lambda _: say(event="disconnected"))
        for kind in ("publish", "retract"):
            self.add_event_handler(f"pubsub_{kind}", self.items_event)
        for kind in ("purge", "delete", "config"):
            self.add_event_handler(f"pubsub_{kind}", self.node_event(kind))

    async def started(self, _):
        self.send_presence()
        say(event="online", jid=self.boundjid.full)

    def items_event(self, message):
        items = message.xml.find(f"{EVENT}event/{EVENT}items")
        for item in items:
            kind = item.tag.removeprefix(EVENT)
            say(
                event={"item": "published", "retract": "retracted"}[kind],
                node=items.get("node"),
                item=item.get("id"),
                publisher=item.get("publisher"),
                payload=source(item[0]) if len(item) else None,
                sender=str(message["from"]),
            )

    def node_event(self, kind):
        names = {"purge": "purged", "delete": "deleted", "config": "configured"}
        tags = {"config": "configuration"}

        def handler(message):
            element = message.xml.find(f"{EVENT}event/{EVENT}{tags.get(kind, kind)}")
            say(event=names[kind], node=element.get("node"))

        return handler

    def form(self, fields):
        form = self.plugin["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value="http://jabber.org/protocol/pubsub#node_config")
        for name, value in fields.items():
            form.add_field(var=name, value=value)
        return form

    async def do_create(self, node=None, config=None):
        form = self.form(config) if config else None
        answer = await self.pubsub.create_node(SERVICE, node, config=form)
        created = answer.xml.find(f"{PUBSUB}pubsub/{PUBSUB}create")
        return created.get("node") if created is not None else node

    async def do_configure(self, node, config):
        await self.pubsub.set_node_config(SERVICE, node, self.form(config))

    async def do_configuration(self, node=None):
        answer = await self.pubsub.get_node_config(SERVICE, node)
        fields = {}
        for field in answer.xml.iter(f"{FORM}field"):
            values = [value.text or "" for value in field.findall(f"{FORM}value")]
            fields[field.get("var")] = values[0] if len(values) == 1 else values
        return fields

    async def do_delete(self, node):
        await self.pubsub.delete_node(SERVICE, node)

    async def do_purge(self, node):
        await self.pubsub.purge(SERVICE, node)

    async def do_publish(self, node, item=None, payload=None):
        element = ElementTree.fromstring(payload) if payload else None
        answer = await self.pubsub.publish(SERVICE, node, id=item, payload=element)
        published = answer.xml.find(f"{PUBSUB}pubsub/{PUBSUB}publish/{PUBSUB}item")
        return published.get("id") if published is not None else item

    async def do_retract(self, node, item, notify=None):
        await self.pubsub.retract(SERVICE, node, item, notify=notify)

    async def do_subscribe(self, node):
        answer = await self.pubsub.subscribe(SERVICE, node)
        return answer.xml.find(f"{PUBSUB}pubsub/{PUBSUB}subscription").get("subscription")

    async def do_unsubscribe(self, node):
        await self.pubsub.unsubscribe(SERVICE, node)

    async def do_items(self, node, max_items=None, ids=None):
        answer = await self.pubsub.get_items(SERVICE, node, item_ids=ids, max_items=max_items)
        items = answer.xml.findall(f"{PUBSUB}pubsub/{PUBSUB}items/{PUBSUB}item")
        return [{"item": item.get("id"), "payload": source(item[0]) if len(item) else None} for item in items]

    async def do_nodes(self):
        answer = await self.pubsub.get_nodes(SERVICE)
        return sorted(node for _, node, _ in answer["disco_items"]["items"])

    async def do_features(self):
        answer = await self.plugin["xep_0030"].get_info(jid=SERVICE)
        return sorted(answer["disco_info"]["features"])

    async def do_subscriptions(self, node=None):
        answer = await self.pubsub.get_subscriptions(SERVICE, node)
        found = answer.xml.iter(f"{PUBSUB}subscription")
        return [{"node": one.get("node"), "jid": one.get("jid"), "state": one.get("subscription")} for one in found]

    async def do_affiliations(self, node):
        answer = await self.pubsub.get_node_affiliations(SERVICE, node)
        return {one.get("jid"): one.get("affiliation") for one in answer.xml.iter(f"{OWNER}affiliation")}

    async def do_affiliate(self, node, jid, affiliation):
        await self.pubsub.modify_affiliations(SERVICE, node, affiliations=[(jid, affiliation)])

    async def do_ping(self):
        await self.plugin["xep_0199"].ping(self.boundjid.domain)

    async def obey(self, line):
        command = json.loads(line)
        number, verb = command.pop("id"), command.pop("do")
        try:
            say(id=number, ok=await getattr(self, f"do_{verb}")(**command))
        except IqError as error:
            say(id=number, error=error.condition, source=source(error.iq["error"].xml))
        except IqTimeout:
            say(id=number, error="timeout", source="")


async def main(address, jid, password):
    client = Client(jid, password)
    host, port = address.rsplit(":", 1)
    client.connect(host, int(port))
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        await client.obey(line)
    client.abort()


asyncio.run(main(*sys.argv[1:]))
