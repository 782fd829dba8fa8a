// stanza.js as npm has it: nodes, the roster, carbons and a room. What it heard is the last line.
//
// Over BOSH it asks the server to hold two requests, and has two connections: if both are held it says nothing more. So that this does not
// depend on how fast the other one logs in, everybody here has sent the request that it holds before anything else is said.
import { createRequire } from 'node:module';

const [packages, service] = process.argv.slice(2);
const { createClient } = createRequire(`${packages}/`)('stanza');

const SERVICE = 'pubsub.localhost';
const MOOD = 'http://jabber.org/protocol/mood';
const isBosh = service.startsWith('http');
const NODE = '/stanza';

function login(username) {
    const session = createClient({
        jid: `${username}@localhost`,
        password: 'secret',
        resource: 'js',
        transports: { bosh: isBosh && service, websocket: !isBosh && service },
    });
    return new Promise((done, fail) => {
        session.on('session:started', () => {
            if (!isBosh) done(session);
            else session.on('raw', (way, body) => way === 'outgoing' && /^<body[^>]*\/>$/.test(body) && done(session));
        });
        session.on('auth:failed', () => fail(new Error('the login was refused')));
        session.on('stream:error', fail);
        session.connect();
    });
}

const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
bob.sendPresence();
await ann.createNode(SERVICE, NODE);
await bob.subscribeToNode(SERVICE, NODE);
const published = new Promise((done) => bob.on('pubsub:published', done));
await ann.publish(SERVICE, NODE, { itemType: MOOD, value: 'happy' }, '1');
const [item] = (await published).pubsub.items.published;
const { identities } = await ann.getDiscoInfo(SERVICE);
await ann.enableCarbons();
const roster = await ann.getRoster();
const room = 'hall@rooms.localhost';
await ann.joinRoom(room, 'Ann');
const said = new Promise((done) => ann.on('groupchat', (message) => message.body && done(message)));
ann.sendMessage({ to: room, type: 'groupchat', body: 'hello' });
const { body } = await said;
await Promise.all([ann, bob].map((session) => session.disconnect()));
console.log(`${item.id} ${item.content.value} ${identities[0].category} ${roster.items.length} ${body}`);
process.exit(0);
