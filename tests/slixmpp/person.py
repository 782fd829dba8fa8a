"""Somebody who talks to others, as a chat client does: a roster, presence, capabilities, messages, carbons and moods.

Commands and answers are those of client.py: one JSON object a line. What is said on the wire is slixmpp's business alone.
"""

import asyncio
import json
import sys

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout


def say(**words):
    print(json.dumps(words), flush=True)


class Person(ClientXMPP):
    """Turns commands into slixmpp's calls and what others say into lines; a `do_` method for each command."""

    def __init__(self, jid, password):
        plain_tcp = {"feature_mechanisms": {"unencrypted_scram": True}}
        super().__init__(jid, password, plugin_config=plain_tcp)
        for plugin in ("xep_0030", "xep_0060", "xep_0115", "xep_0163", "xep_0107", "xep_0199", "xep_0203", "xep_0280"):
            self.register_plugin(plugin)
        self.enable_direct_tls = False
        self.enable_starttls = False
        self.enable_plaintext = True
        self.use_ipv6 = False
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.heard)
        # slixmpp names the event after what is shown.
        for shown in ("available", "away"):
            self.add_event_handler(f"presence_{shown}", self.seen("available"))
        self.add_event_handler("presence_unavailable", self.seen("unavailable"))
        self.add_event_handler("carbon_received", lambda message: self.copied("received", message["carbon_received"]))
        self.add_event_handler("carbon_sent", lambda message: self.copied("sent", message["carbon_sent"]))
        self.add_event_handler("user_mood_publish", self.felt)

    async def started(self, _):
        await self.get_roster()
        await self.plugin["xep_0280"].enable()
        self.send_presence()
        say(event="online", jid=self.boundjid.full)

    def heard(self, message):
        if message["body"]:
            stamp = message["delay"]["stamp"] if message.get_plugin("delay", check=True) else None
            say(event="message", sender=str(message["from"]), body=message["body"], waited=stamp is not None)

    def seen(self, kind):
        def handler(presence):
            if presence["from"].bare != self.boundjid.bare:
                say(event=kind, sender=str(presence["from"]), show=presence["show"], status=presence["status"])

        return handler

    def copied(self, kind, message):
        say(event=f"carbon_{kind}", sender=str(message["from"]), body=message["body"])

    def felt(self, message):
        mood = message["pubsub_event"]["items"]["item"]["mood"]
        say(event="mood", sender=str(message["from"]), mood=mood["value"])

    async def do_subscribe(self, jid, name):
        await self.update_roster(jid, name=name, groups=["Friends"])
        self.send_presence(pto=jid, ptype="subscribe")

    async def do_roster(self):
        # A server that knows versions sends nothing that the client has already.
        await self.get_roster()
        return {
            jid: {key: self.client_roster[jid][key] for key in ("name", "subscription", "groups")}
            for jid in self.client_roster.keys()
        }

    async def do_presence(self, show=None, status=None):
        self.send_presence(pshow=show, pstatus=status)

    async def do_message(self, to, body):
        self.send_message(mto=to, mbody=body, mtype="chat")

    async def do_mood(self, mood):
        await self.plugin["xep_0107"].publish_mood(mood)

    async def do_knows(self, jid, feature):
        """What the capabilities of somebody are, as slixmpp learnt them."""
        return await self.plugin["xep_0030"].supports(jid=jid, feature=feature, cached=True)

    async def do_account(self, jid):
        answer = await self.plugin["xep_0030"].get_info(jid=jid)
        return sorted([category, kind] for category, kind, *_ in answer["disco_info"]["identities"])

    async def do_services(self):
        """What there is beside the accounts."""
        answer = await self.plugin["xep_0030"].get_items(jid=self.boundjid.domain)
        return sorted(jid for jid, *_ in answer["disco_items"]["items"])

    async def do_ping(self):
        await self.plugin["xep_0199"].ping(self.boundjid.domain)

    async def obey(self, line):
        command = json.loads(line)
        number, verb = command.pop("id"), command.pop("do")
        try:
            say(id=number, ok=await getattr(self, f"do_{verb}")(**command))
        except IqError as error:
            say(id=number, error=error.condition, source=str(error.iq))
        except IqTimeout:
            say(id=number, error="timeout", source="")


async def main(address, jid, password):
    person = Person(jid, password)
    host, port = address.rsplit(":", 1)
    person.connect(host, int(port))
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        await person.obey(line)
    await person.disconnect()


asyncio.run(main(*sys.argv[1:]))
