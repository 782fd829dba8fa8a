import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PubSubClient, type PubSubStatus } from '../src/xmpp/client.js';
import type { Entry } from '../src/xmpp/entry.js';
import type { PubSubOptions } from '../src/xmpp/settings.js';
import { Service } from './service.js';
import { element, entry, item, logged, notification } from './xml.js';

const PAGE = new URL('http://example.org:8080/page');
const NODE = '/demo/Status';

/** A window of which a test decides whether anybody looks at it. */
class FakeWindow extends EventTarget {
    readonly document = { hasFocus: () => true };
}

class Watched {
    readonly service: Service;
    readonly window = new FakeWindow();
    readonly heard: string[] = [];
    readonly client: PubSubClient;

    constructor(service: Service, options: PubSubOptions<PubSubClient> = {}) {
        this.service = service;
        const seams = { dial: service.dial, page: PAGE, window: this.window as unknown as Window };
        this.client = new PubSubClient({ node: NODE, backOff: { first: 1, longest: 5 }, ...options }, seams);
        this.client.on('update', (entry) => this.heard.push(`${entry.id}=${entry.text()}`));
        this.client.on('delete', (id, _node, entry) => this.heard.push(`-${id}${entry ? `(${entry.text()})` : ''}`));
        this.client.on('reset', ({ reason }) => this.heard.push(reason));
    }

    /** Waits for a status. */
    async until(kind: PubSubStatus['kind']): Promise<this> {
        if (this.client.status.kind !== kind) {
            await new Promise<void>((resolve, reject) => {
                const timer = setTimeout(
                    () => reject(new Error(`no ${kind}, but ${JSON.stringify(this.client.status)}`)),
                    20_000,
                );
                const off = this.client.on('status', (status) => {
                    if (status.kind === kind) {
                        clearTimeout(timer);
                        off();
                        resolve();
                    }
                });
            });
        }
        return this;
    }

    take(): string[] {
        return this.heard.splice(0);
    }
}

async function live(service: Service, options: PubSubOptions<PubSubClient> = {}): Promise<Watched> {
    return new Watched(service, options).until('live');
}

/** Goes away and comes back, with something in between. */
async function away(watched: Watched, meanwhile: () => void): Promise<void> {
    watched.service.cut();
    meanwhile();
    await watched.until('waiting');
    await watched.until('live');
}

test('what is saved is told, once and in order, and only what comes after the subscription', async () => {
    const service = new Service();
    service.save(NODE, 'old', 'before');
    const page = await live(service);
    service.save(NODE, 'a', 'one');
    service.save(NODE, 'b', 'two');
    service.save(NODE, 'a', 'three', 'update');
    service.remove(NODE, 'b', 'two');
    assert.deepEqual(page.take(), ['a=one', 'b=two', 'a=three', '-b(two)']);
    page.client.close();
});

test('logins are what the options say', async () => {
    const cases: [PubSubOptions<PubSubClient>, string, string][] = [
        [{}, 'jid', 'example.org'],
        [{ nick: 'Ann' }, 'jid', 'example.org'],
        [{ username: 'ann', password: 'secret', resource: 'r' }, 'jid', 'ann@example.org/r'],
        [{ username: 'ann', nick: 'Ann', resource: 'r', domain: 'x.org' }, 'jid', 'ann@x.org/r'],
        [{ username: 'ann@y.org/here' }, 'jid', 'ann@y.org/here'],
        [{ username: 'o/n', resource: 'r' }, 'jid', 'o\\2fn@example.org/r'],
        [{ jid: 'a@b/c', sid: 's', rid: '17' }, 'attach', 'a@b/c'],
        [{ username: 'ann', resource: 'r', keepalive: true }, 'restore', 'ann@example.org/r'],
        [{ nick: 'Ann', keepalive: true }, 'restore', 'example.org'],
        [{ jid: 'a@b/c', sid: 's', rid: '17', keepalive: true }, 'attach', 'a@b/c'],
    ];
    for (const [options, kind, jid] of cases) {
        const service = new Service();
        const page = await live(service, options);
        const login = service.attempts[0]?.login;
        assert.deepEqual([login?.kind, login?.jid], [kind, jid]);
        page.client.close();
    }
});

test('a session is attached to with its parts in their places, and subscribed in', async () => {
    const service = new Service();
    const page = await live(service, { jid: 'ann@example.org/x', sid: 'the-sid', rid: 4711 });
    assert.deepEqual(service.attempts, [
        {
            road: 'bosh',
            url: 'http://example.org:8080/xmpp-httpbind',
            login: { kind: 'attach', jid: 'ann@example.org/x', sid: 'the-sid', rid: 4711 },
        },
    ]);
    assert.match(service.requests[0] ?? '', /<subscribe.*jid=["']ann@example.org\/x["']/);
    service.save(NODE, 'a', 'one');
    assert.deepEqual(page.take(), ['a=one']);
    // It cannot be taken over twice.
    service.cut();
    await page.until('refused');
    page.client.close();
});

test('a session that is not there any more is nobody made to wait for', async () => {
    const service = new Service();
    service.keepsSessions = false;
    const backOff = { first: 60_000, longest: 60_000 };
    const page = await live(service, { username: 'ann', resource: 'r', keepalive: true, backOff });
    const attempts = service.attempts.map(({ road, login }) => [road, login.kind]);
    assert.deepEqual(attempts, [
        ['bosh', 'restore'],
        ['websocket', 'jid'],
    ]);
    page.client.close();
});

test('options that cannot work are refused with what to do', () => {
    const wrong: [PubSubOptions<PubSubClient>, RegExp][] = [
        [{ jid: 'a@b/c' }, /jid needs sid and rid/],
        [{ jid: 'a@b/c', sid: 's', rid: 'x' }, /rid must be a number above 0/],
        [{ transport: 'carrier pigeon' as 'bosh' }, /transport must be/],
        [{ lastEventId: 'hello' }, /lastEventId must be what/],
        [{ most_updates: -1 }, /most_updates/],
        [{ keepalive: true, transport: 'websocket' }, /keepalive is about sessions of BOSH/],
    ];
    for (const [options, message] of wrong) {
        assert.throws(() => new PubSubClient(options, { dial: new Service().dial, page: PAGE }), message);
    }
});

test('where the WebSocket does not get through, BOSH does, and is kept', async () => {
    const service = new Service();
    service.closed.add('websocket');
    const page = await live(service);
    assert.deepEqual(
        service.attempts.map(({ road, url }) => [road, url]),
        [
            ['websocket', 'ws://example.org:8080/xmpp-websocket'],
            ['bosh', 'http://example.org:8080/xmpp-httpbind'],
        ],
    );
    await away(page, () => {});
    assert.equal(service.attempts.at(-1)?.road, 'bosh');
    page.client.close();
});

test('a refused login is not tried again', async () => {
    const service = new Service();
    service.refusal = 'login refused: not-authorized';
    const page = await new Watched(service, { username: 'ann', password: 'wrong' }).until('refused');
    assert.deepEqual(page.client.status, { kind: 'refused', reason: 'login refused: not-authorized' });
    assert.equal(service.attempts.length, 1);
    await assert.rejects(page.client.publish(NODE, ['x']), /disconnect|refused/);
    // With the right one it goes on.
    service.refusal = null;
    page.client.connect('ann', 'right');
    await page.until('live');
    page.client.close();
});

test('what was missed is told after a reconnect, once and in order', async () => {
    const service = new Service();
    service.save(NODE, 'old', 'before');
    const page = await live(service);
    service.save(NODE, 'a', 'one');
    service.save(NODE, 'b', 'two');
    page.take();
    await away(page, () => {
        service.save(NODE, 'c', 'three');
        service.save(NODE, 'a', 'one more', 'update');
    });
    assert.deepEqual(page.take(), ['c=three', 'a=one more']);
    await away(page, () => service.remove(NODE, 'c', 'three'));
    assert.deepEqual(page.take(), ['-c']);
    await away(page, () => {});
    assert.deepEqual(page.take(), []);
    page.client.close();
});

test('what is told only after the first interruption was missed as well', async () => {
    for (const before of [0, 1, 40]) {
        const service = new Service();
        for (let at = 0; at < before; at += 1) {
            service.save(NODE, `old-${at}`, 'before');
        }
        const page = await live(service);
        await away(page, () => service.save(NODE, 'a', 'one'));
        assert.deepEqual(page.take(), ['a=one'], `${before} items before`);
        page.client.close();
    }
});

test('a gap is told, and then what is left', async () => {
    const service = new Service();
    service.mostItems = 2;
    const page = await live(service);
    service.save(NODE, 'a', '1');
    page.take();
    await away(page, () => {
        for (let at = 2; at <= 5; at += 1) {
            service.save(NODE, `n${at}`, String(at));
        }
    });
    assert.deepEqual(page.take(), ['gap', 'n4=4', 'n5=5']);
    page.client.close();
});

test('many missed items are read back in growing steps', async () => {
    const service = new Service();
    const page = await live(service);
    service.save(NODE, 'first', '0');
    page.take();
    const ids = Array.from({ length: 200 }, (_, at) => `n${at}`);
    await away(page, () => {
        for (const id of ids) {
            service.save(NODE, id, 'x');
        }
    });
    assert.deepEqual(
        page.take(),
        ids.map((id) => `${id}=x`),
    );
    const asked = service.requests.flatMap((request) => /max_items=["'](\d+)/.exec(request)?.[1] ?? []);
    assert.deepEqual(asked, ['1', '32', '64', '128', '256']);
    page.client.close();
});

test('a repeat is dropped, a number that is missing is looked for', async () => {
    const service = new Service();
    const page = await live(service);
    service.save(NODE, 'a', 'one');
    service.say(notification(NODE, item('a', entry('one', logged(1)))));
    assert.deepEqual(page.take(), ['a=one']);
    // The second change never arrives as a message; the third one shows that it was there.
    service.isMute = true;
    service.save(NODE, 'b', 'two');
    service.isMute = false;
    service.save(NODE, 'c', 'three');
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(page.take(), ['b=two', 'c=three']);
    page.client.close();
});

test('numbers that nobody was told of are no gap while something connects', async () => {
    const service = new Service();
    const page = await live(service);
    service.save(NODE, 'a', 'one');
    service.skip();
    service.save(NODE, 'b', 'two');
    await new Promise((resolve) => setTimeout(resolve, 0));
    service.save(NODE, 'c', 'three');
    assert.deepEqual(page.take(), ['a=one', 'b=two', 'c=three']);
    page.client.close();
});

test('a position that came with a list is where it goes on', async () => {
    const service = new Service();
    service.save(NODE, 'a', 'one');
    service.save(NODE, 'b', 'two');
    service.save(NODE, 'c', 'three');
    const page = await live(service, { lastEventId: '1~llog.1' });
    assert.deepEqual(page.take(), ['b=two', 'c=three']);
    const { lastEventId } = page.client;
    page.client.close();
    service.save(NODE, 'd', 'four');
    const next = await live(service, { lastEventId });
    assert.deepEqual(next.take(), ['d=four']);
    // One that lies too far back says so.
    service.mostItems = 1;
    service.save(NODE, 'e', 'five');
    service.save(NODE, 'f', 'six');
    const late = await live(service, { lastEventId });
    assert.deepEqual(late.take(), ['gap', 'f=six']);
    next.client.close();
    late.client.close();
});

test('the last item that a service sends to a new subscriber is no news', async () => {
    const service = new Service();
    service.save(NODE, 'a', 'one');
    const page = new Watched(service);
    await page.until('connected');
    service.say(
        notification(
            NODE,
            item('a', entry('one', logged(1))),
            undefined,
            '<delay xmlns="urn:xmpp:delay" stamp="2026-01-01T00:00:00Z"/>',
        ),
    );
    await page.until('live');
    service.say(
        notification(
            NODE,
            item('a', entry('one', logged(1))),
            undefined,
            '<delay xmlns="urn:xmpp:delay" stamp="2026-01-01T00:00:00Z"/>',
        ),
    );
    assert.deepEqual(page.take(), []);
    service.save(NODE, 'b', 'two');
    assert.deepEqual(page.take(), ['b=two']);
    page.client.close();
});

test('the same words twice from a foreign publisher are two updates', async () => {
    const service = new Service();
    const page = await live(service);
    service.put(NODE, 'x', entry('hello'));
    service.put(NODE, 'x', entry('hello'));
    assert.deepEqual(page.take(), ['x=hello', 'x=hello']);
    await away(page, () => service.put(NODE, 'y', entry('world')));
    assert.deepEqual(page.take(), ['y=world']);
    service.retract(NODE, 'x');
    assert.deepEqual(page.take(), ['-x']);
    page.client.close();
});

test('strangers are not the service', async () => {
    const service = new Service();
    const page = await live(service);
    service.say(notification(NODE, item('a', entry('lies', logged(1))), 'mallory@example.org/x'));
    service.say(notification('/other/Node', item('a', entry('elsewhere', logged(1)))));
    service.say(element(`<message xmlns="jabber:client" from="pubsub.example.org"><body>hello</body></message>`));
    assert.deepEqual(page.take(), []);
    service.say(notification(NODE, item('a', entry('true', logged(1))), 'PubSub.example.org'));
    assert.deepEqual(page.take(), ['a=true']);
    page.client.close();
});

test('a node is subscribed to once, however often it is asked for and the connection is lost', async () => {
    const service = new Service();
    const page = await live(service);
    const calls: string[] = [];
    page.client.on('update', (entry) => calls.push(entry.id));
    await Promise.all([page.client.subscribe(NODE), page.client.subscribe(NODE)]);
    await away(page, () => {});
    await away(page, () => {});
    service.save(NODE, 'a', 'one');
    assert.deepEqual(calls, ['a']);
    assert.equal(service.requests.filter((request) => request.includes('<subscribe')).length, 3);
    page.client.close();
});

test('more nodes come and go', async () => {
    const service = new Service();
    const page = await live(service, { nodes: ['/a', '/b'] });
    assert.deepEqual(page.client.nodes, [NODE, '/a', '/b']);
    await page.client.subscribe('/c');
    service.save('/a', '1', 'x');
    service.save('/c', '2', 'y');
    await page.client.unsubscribe('/a');
    service.save('/a', '3', 'z');
    assert.deepEqual(page.take(), ['1=x', '2=y']);
    page.client.close();
});

test('a node that refuses is told, and does not stop the others', async () => {
    const service = new Service();
    service.conditions.set('/secret', 'forbidden');
    const page = new Watched(service, { nodes: ['/secret'] });
    const refused = new Promise<string>((resolve) => {
        page.client.on('error', (error, node) => resolve(`${node}: ${error.condition}`));
    });
    assert.equal(await refused, '/secret: forbidden');
    await page.until('live');
    service.save(NODE, 'a', 'one');
    assert.deepEqual(page.take(), ['a=one']);
    await assert.rejects(page.client.subscribe('/secret'), { condition: 'forbidden' });
    page.client.close();
});

test('a node that is made by its first publish is asked for until it is there, and all of it is told', async () => {
    const service = new Service();
    service.conditions.set('/home', 'item-not-found');
    const page = await live(service, { node: '/home' });
    service.conditions.delete('/home');
    // Somebody else first; then it is there, and our own publish asks for it at once.
    service.put('/home', 'a', entry('first'));
    await page.client.publish('/home', 'second');
    await new Promise((resolve) => setTimeout(resolve, 10));
    service.put('/home', 'c', entry('third'));
    assert.deepEqual(
        page.take().map((heard) => heard.replace(/^[^=]*=/, '')),
        ['first', 'second', 'third'],
    );
    page.client.close();
});

test('a node that nobody has made is awaited where that can be, without a word of error, and all of it is told', async () => {
    const service = new Service();
    service.canAwait = true;
    service.conditions.set('/home', 'item-not-found');
    const page = new Watched(service, { node: '/home' });
    page.client.on('error', ({ condition }) => page.heard.push(condition));
    await page.until('live');
    await page.client.subscribe('/home');
    service.make('/home');
    service.put('/home', 'a', entry('first'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    service.put('/home', 'b', entry('second'));
    assert.deepEqual(page.take(), ['a=first', 'b=second']);
    // It was made while we were away: that is read back, and nothing is told twice.
    service.conditions.set('/later', 'item-not-found');
    await page.client.subscribe('/later');
    await away(page, () => {
        service.make('/later');
        service.put('/later', 'c', entry('third'));
    });
    assert.deepEqual(page.take(), ['c=third']);
    assert.equal(service.requests.filter((request) => request.includes('disco#info')).length, 1);
    page.client.close();
});

test('whom the awaited node does not let in is told when it is made', async () => {
    const service = new Service();
    service.canAwait = true;
    service.conditions.set('/home', 'item-not-found');
    const page = await live(service, { node: '/home' });
    const refused = new Promise<string>((resolve) => {
        page.client.on('error', (error, node) => resolve(`${node} ${error.message}`));
    });
    service.make('/home', 'none');
    assert.equal(await refused, '/home not-allowed: node /home does not let us subscribe');
    page.client.close();
});

test('texts are published as entries, each for itself, and elements as they are', async () => {
    const service = new Service();
    const page = await live(service);
    assert.equal((await page.client.publish(NODE, ['<one> & "two"', 'three'])).length, 2);
    await page.client.publish(NODE, element('<status xmlns="urn:x"><text>four</text></status>'));
    await page.client.publish(NODE, element(entry('five')));
    assert.deepEqual(
        page.take().map((heard) => heard.replace(/^[^=]*=/, '')),
        ['<one> & "two"', 'three', 'four', 'five'],
    );
    page.client.close();
});

test('what was told while nobody looked is counted until somebody does', async () => {
    const service = new Service();
    const page = await live(service);
    const counts: number[] = [];
    page.client.on('unread', (unread) => counts.push(unread));
    service.save(NODE, 'a', 'one');
    page.window.dispatchEvent(new Event('blur'));
    assert.equal(page.client.focus, false);
    service.save(NODE, 'b', 'two');
    service.save(NODE, 'c', 'three');
    service.remove(NODE, 'c', 'three');
    assert.equal(page.client.unread, 2);
    page.window.dispatchEvent(new Event('focus'));
    assert.deepEqual([page.client.unread, counts], [0, [1, 2, 0]]);
    page.client.close();
});

test('updates are kept up to their bound', async () => {
    const service = new Service();
    const page = await live(service, { most_updates: 2 });
    for (const id of ['a', 'b', 'c']) {
        service.save(NODE, id, id);
    }
    assert.deepEqual(
        page.client.updates.map(({ id }) => id),
        ['b', 'c'],
    );
    page.client.close();
});

test('event_cb hears the entry and the client', async () => {
    const service = new Service();
    const heard: [Entry, PubSubClient][] = [];
    const page = await live(service, { event_cb: (entry, pubsub) => heard.push([entry, pubsub]) });
    service.save(NODE, 'a', '<Status><text>hi &amp; ho</text></Status>');
    const [entry, pubsub] = heard[0] ?? [];
    assert.equal(pubsub, page.client);
    assert.deepEqual(
        [
            entry?.text(),
            entry?.field('text'),
            entry?.field('nothing'),
            entry?.node,
            entry?.id,
            entry?.action,
            entry?.length,
        ],
        ['hi & ho', 'hi & ho', null, NODE, 'a', 'create', 1],
    );
    assert.equal(entry?.[0]?.localName, 'entry');
    page.client.close();
});

test('an end is an end', async () => {
    const service = new Service();
    const page = await live(service);
    page.client.disconnect();
    assert.match(service.requests.at(-1) ?? '', /<unsubscribe/);
    service.save(NODE, 'a', 'one');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(service.attempts.length, 1);
    await assert.rejects(page.client.publish(NODE, 'x'), { condition: 'disconnected' });
    assert.deepEqual(page.take(), []);
    page.client.close();
});

/** What may happen while a page is open. */
type Step =
    | { do: 'save'; id: string }
    | { do: 'remove'; id: string }
    | { do: 'cut' }
    | { do: 'wait' }
    | { do: 'repeat' };

test('whatever is cut and when: the page ends with what the node holds, and hears nothing twice', async () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step: fc.Arbitrary<Step> = fc.oneof(
        { weight: 6, arbitrary: fc.record({ do: fc.constant('save' as const), id: ids }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id: ids }) },
        { weight: 1, arbitrary: fc.constant({ do: 'cut' as const }) },
        { weight: 2, arbitrary: fc.constant({ do: 'wait' as const }) },
    );
    await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
            const service = new Service();
            const page = await live(service);
            const rows = new Map<string, string>();
            const shown = new Map<string, string>();
            const told = new Set<string>();
            page.client.on('update', (entry) => {
                const number = String(entry.stamp.sequence);
                assert.ok(!told.has(number), `number ${number} was told twice`);
                told.add(number);
                shown.set(entry.id, entry.text());
            });
            page.client.on('delete', (id) => shown.delete(id));
            let words = 0;
            for (const step of steps) {
                if (step.do === 'save') {
                    words += 1;
                    service.save(NODE, step.id, String(words), rows.has(step.id) ? 'update' : 'create');
                    rows.set(step.id, String(words));
                } else if (step.do === 'remove' && rows.has(step.id)) {
                    service.remove(NODE, step.id, rows.get(step.id) ?? '');
                    rows.delete(step.id);
                } else if (step.do === 'cut') {
                    service.cut();
                } else {
                    await new Promise((resolve) => setTimeout(resolve, 0));
                }
            }
            await new Promise((resolve) => setTimeout(resolve, 8));
            await page.until('live');
            const resets = page.take().filter((heard) => heard === 'gap');
            // After a reset a page reads its list anew; until then it has to be right.
            if (resets.length === 0) {
                assert.deepEqual(Object.fromEntries(shown), Object.fromEntries(rows));
            }
            page.client.close();
        }),
        { numRuns: 60 },
    );
});
