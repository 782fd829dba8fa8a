// @xmpp/client as npm has it, with what it does by itself where SASL2 is offered: logs in, binds and manages its stream with one question, and
// resumes with one when its connection is lost. What the server said is the last line.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, service] = process.argv.slice(2);
const packaged = createRequire(`${packages}/`);
globalThis.WebSocket ??= packaged('ws');
const { client, xml } = await import(pathToFileURL(packaged.resolve('@xmpp/client')));

const SASL2 = 'urn:xmpp:sasl:2';
const MANAGEMENT = 'urn:xmpp:sm:3';

const login = (username) => {
    const session = client({ service, domain: 'localhost', username, password: 'secret', resource: 'js' });
    session.on('error', (error) => console.error(error));
    return session;
};

const [ann, bob] = [login('ann'), login('bob')];
const successes = [];
ann.on('element', (element) => {
    if (element.name === 'success') {
        const bound = element.getChild('bound', 'urn:xmpp:bind:0');
        const answer = bound?.getChild('enabled', MANAGEMENT) ?? element.getChild('resumed', MANAGEMENT);
        successes.push(`${element.getNS() === SASL2 ? 'sasl2' : 'sasl'} ${answer?.name}`);
    }
});
await ann.start();
await bob.start();
const jid = ann.jid.toString();
const resumed = new Promise((done) => ann.streamManagement.on('resumed', done));
const heard = new Promise((done) => ann.on('stanza', (stanza) => stanza.is('message') && done(stanza.getChildText('body'))));
ann.socket.destroy?.() ?? ann.socket.end();
await bob.send(xml('message', { to: jid, type: 'chat' }, xml('body', {}, 'while you were away')));
await resumed;
const body = await heard;
const isSame = ann.jid.toString() === jid && /^ann@localhost\/js\/[0-9a-f]{16}$/.test(jid);
await Promise.all([ann.stop(), bob.stop()]);
console.log(`${successes.join(', ')}; ${isSame}; ${body}`);
process.exit(0);
