// @xmpp/client as npm has it: creates a node, subscribes, publishes, hears it. What it heard is the last line.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, service] = process.argv.slice(2);
const packaged = createRequire(`${packages}/`);
globalThis.WebSocket ??= packaged('ws');
const { client, xml } = await import(pathToFileURL(packaged.resolve('@xmpp/client')));

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const SERVICE = 'pubsub.localhost';

function login(username) {
    const session = client({ service, domain: 'localhost', username, password: 'secret', resource: 'js' });
    session.on('error', (error) => {
        console.error(error);
        process.exit(1);
    });
    return session;
}

const request = (session, ...content) =>
    session.iqCaller.request(xml('iq', { type: 'set', to: SERVICE }, xml('pubsub', { xmlns: PUBSUB }, ...content)));

const [ann, bob] = [login('ann'), login('bob')];
const heard = new Promise((done) => {
    bob.on('stanza', (stanza) => {
        const event = stanza.getChild('event', `${PUBSUB}#event`);
        if (event) {
            done(event.getChild('items').getChild('item'));
        }
    });
});
await ann.start();
await bob.start();
await bob.send(xml('presence'));
await request(ann, xml('create', { node: '/js' }));
await request(bob, xml('subscribe', { node: '/js', jid: 'bob@localhost' }));
await request(ann, xml('publish', { node: '/js' }, xml('item', { id: '1' }, xml('e', { xmlns: 'urn:e' }, 'a & b'))));
const item = await heard;
await Promise.all([ann.stop(), bob.stop()]);
console.log(`${item.attrs.id} ${item.getChild('e', 'urn:e').text()}`);
