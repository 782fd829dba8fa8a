import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { PushClient, type PushOptions } from '../src/push/client.js';
import type { FeedStatus } from '../src/push/feed.js';
import type { PushMessage } from '../src/push/message.js';
import type { Transport } from '../src/push/transport.js';
import { BROWSER, TestGateway } from './gateway.js';

const ALL: readonly Transport[] = ['websocket', 'eventsource', 'stream', 'longpoll'];

let gateway: TestGateway;
before(async () => {
    gateway = await TestGateway.start();
});
after(() => gateway.stop());
beforeEach(() => {
    gateway.restart();
    gateway.keep = 100;
    gateway.broken.clear();
    gateway.token = null;
    gateway.asked.length = 0;
});

const watched: Watched[] = [];
afterEach(() => {
    for (const page of watched.splice(0)) {
        page.client.close();
    }
});

/** A client with what it has heard. */
class Watched {
    readonly client: PushClient;
    readonly heard: string[] = [];
    readonly statuses: FeedStatus[] = [];
    readonly messages: PushMessage[] = [];
    #wake: (() => void)[] = [];

    constructor(options: PushOptions) {
        const seams = { browser: BROWSER, page: gateway.page };
        this.client = new PushClient({ channels: 'c', backOff: { first: 5, longest: 20 }, ...options }, seams);
        watched.push(this);
        this.client.on('message', (message) => {
            this.messages.push(message);
            this.#note(String(message.text));
        });
        this.client.on('reset', (channel, reason) => this.#note(`reset ${channel} ${reason}`));
        this.client.on('deleted', (channel, text) => this.#note(`deleted ${channel} ${text}`));
        this.client.on('status', (status) => {
            this.statuses.push(status);
            this.#rouse();
        });
    }

    /** Waits until something holds. */
    async until(holds: () => boolean, what: string): Promise<void> {
        const deadline = Date.now() + 20_000;
        while (!holds()) {
            const left = deadline - Date.now();
            if (left <= 0) {
                throw new Error(
                    `waited in vain for ${what}; heard ${this.heard.join(', ')}; ${JSON.stringify(this.client.status)}`,
                );
            }
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, Math.min(left, 20));
                this.#wake.push(() => {
                    clearTimeout(timer);
                    resolve();
                });
            });
        }
    }

    open(): Promise<void> {
        return this.until(() => this.client.status.kind === 'open' && gateway.listeners > 0, 'open');
    }

    listens(): Promise<void> {
        return this.until(() => gateway.listeners > 0, 'a listener');
    }

    async hears(...expected: string[]): Promise<void> {
        await this.until(() => this.heard.length >= expected.length, expected.join(', '));
        assert.deepEqual(this.heard, expected);
    }

    #note(words: string): void {
        this.heard.push(words);
        this.#rouse();
    }

    #rouse(): void {
        for (const wake of this.#wake.splice(0)) {
            wake();
        }
    }
}

for (const transport of ALL) {
    test(`${transport}: messages come once and in order, over cuts`, async () => {
        const page = new Watched({ transports: [transport] });
        await page.listens();
        gateway.say('c', 'one');
        gateway.say('other', 'no');
        gateway.say('c', 'two');
        await page.hears('one', 'two');
        gateway.cut();
        gateway.say('c', 'three');
        gateway.say('c', 'four');
        await page.hears('one', 'two', 'three', 'four');
        assert.equal(page.client.cursor, gateway.cursor);
        page.client.close();
        assert.equal(page.client.status.kind, 'closed');
    });

    test(`${transport}: a lost place is told`, async () => {
        gateway.keep = 2;
        const page = new Watched({ transports: [transport] });
        await page.listens();
        gateway.say('c', '0');
        await page.hears('0');
        gateway.cut();
        for (const text of ['1', '2', '3', '4']) {
            gateway.say('c', text);
        }
        await page.hears('0', 'reset c gap');
        await page.listens();
        gateway.say('c', '5');
        await page.hears('0', 'reset c gap', '5');
        gateway.restart();
        await page.hears('0', 'reset c gap', '5', 'reset c gap');
        await page.listens();
        gateway.say('c', 'anew');
        await page.hears('0', 'reset c gap', '5', 'reset c gap', 'anew');
        page.client.close();
    });

    test(`${transport}: a refusal is told, and is the end`, async () => {
        gateway.broken.set('ws', 1008);
        for (const place of ['ev', 'lp']) {
            gateway.broken.set(place, 403);
        }
        // An event source does not say why: the next way does.
        const page = new Watched({ transports: transport === 'eventsource' ? ['eventsource', 'stream'] : [transport] });
        await page.until(() => page.client.status.kind === 'refused', 'refused');
        assert.deepEqual(page.client.status, { kind: 'refused', reason: 'Not for you.' });
        await assert.rejects(async () => {
            for await (const _ of page.client) {
                assert.fail('nothing can come');
            }
        }, /Not for you/);
    });
}

// An event source keeps its place to itself here: browsers do, and are asked in their own tests.
for (const transport of ALL.filter((transport) => transport !== 'eventsource')) {
    test(`${transport}: what is said between the first connection and the first message is not lost`, async () => {
        const page = new Watched({ transports: [transport] });
        await page.open();
        gateway.cut();
        gateway.say('c', 'one');
        await page.hears('one');
        page.client.close();
    });
}

test('ways that do not get through are passed over, and the one that does is kept', async () => {
    gateway.broken.set('ws', 502);
    gateway.broken.set('ev', 502);
    const page = new Watched({});
    await page.listens();
    gateway.say('c', 'one');
    await page.hears('one');
    const tried = () => page.statuses.flatMap((status) => (status.kind === 'connecting' ? status.transport : []));
    assert.deepEqual(tried(), ['websocket', 'eventsource', 'stream', 'longpoll']);
    gateway.say('c', 'two');
    await page.hears('one', 'two');
    assert.deepEqual(tried().slice(4), []);
    page.client.close();
});

test('a place that a list has given is where it begins', async () => {
    gateway.say('c', 'before');
    const position = gateway.cursor;
    gateway.say('c', 'in between');
    for (const transport of ALL) {
        gateway.asked.length = 0;
        const page = new Watched({ transports: [transport], position });
        await page.hears('in between');
        page.client.close();
        assert.equal(gateway.asked[0]?.url.searchParams.get('position'), position);
    }
});

test('several channels share a connection, and a cursor', async () => {
    const page = new Watched({ channels: ['a', { name: '/shop/Order', backtrack: 3 }], transports: ['websocket'] });
    await page.listens();
    assert.equal(gateway.asked[0]?.url.pathname, '/events/ws/a/%2Fshop%2FOrder.b3');
    gateway.say('a', 'one');
    await page.hears('one');
    gateway.cut();
    gateway.say('a', 'two');
    await page.hears('one', 'two');
    // What counts from the end counts only once.
    assert.equal(gateway.asked.at(-1)?.url.pathname, '/events/ws/a/%2Fshop%2FOrder');
    page.client.close();
});

test('tokens go where they can, and are asked for anew', async () => {
    let count = 0;
    const token = () => {
        count += 1;
        return `t${count}`;
    };
    const page = new Watched({ transports: ['websocket'], token });
    await page.open();
    gateway.cut();
    await page.until(() => gateway.asked.length === 2, 'a second request');
    assert.deepEqual(
        gateway.asked.map(({ url }) => url.searchParams.get('token')),
        ['t1', 't2'],
    );
    page.client.close();
    await page.until(() => gateway.listeners === 0, 'the connection to be closed');
    gateway.asked.length = 0;
    const stream = new Watched({ transports: ['stream'], token: 'fixed' });
    await stream.listens();
    assert.deepEqual(
        [gateway.asked[0]?.authorization, gateway.asked[0]?.url.searchParams.get('token')],
        ['Bearer fixed', null],
    );
    stream.client.close();
});

test('a token that has expired is replaced, and one that is refused anew is the end', async () => {
    for (const transport of ['websocket', 'stream', 'longpoll'] as const) {
        gateway.token = 'new';
        const tokens = ['old', 'new'];
        const page = new Watched({
            transports: [transport],
            token: () => (tokens.length > 1 && tokens.shift()) || 'new',
        });
        await page.listens();
        gateway.say('c', transport);
        await page.hears(transport);
        page.client.close();
        const stranger = new Watched({ transports: [transport], token: () => 'wrong' });
        await stranger.until(() => stranger.client.status.kind === 'refused', 'refused');
        assert.deepEqual(stranger.client.status, { kind: 'refused', reason: 'The token has expired.' });
        const fixed = new Watched({ transports: [transport], token: 'old' });
        await fixed.until(() => fixed.client.status.kind === 'refused', 'refused');
    }
});

test('a gateway that ends sends to another one, and where that is none it comes back', async () => {
    const other = await TestGateway.start();
    try {
        for (const transport of ['websocket', 'eventsource', 'stream'] as const) {
            const page = new Watched({ transports: [transport] });
            await page.open();
            gateway.leave(`${other.page.href}events`);
            await page.until(() => other.listeners > 0, 'a listener there');
            other.say('c', 'there');
            await page.until(() => page.heard.includes('there'), 'there');
            other.leave('http://127.0.0.1:1/events');
            await page.listens();
            gateway.say('c', 'back');
            await page.until(() => page.heard.includes('back'), 'back');
            page.client.close();
            await page.until(() => gateway.listeners === 0, 'the connection to be closed');
        }
    } finally {
        await other.stop();
    }
});

test('what the messages say is read', async () => {
    const page = new Watched({ transports: ['stream'] });
    await page.listens();
    gateway.say('c', '{"id":5,"name":"x"}', { action: 'update', eventid: 'mine' });
    gateway.say('c', { id: 6 }, { action: 'delete' });
    gateway.say('c', '17');
    gateway.say('c', '{broken');
    await page.until(() => page.messages.length === 4, 'four messages');
    assert.deepEqual(
        page.messages.map(({ id, data, action, eventId }) => [id, data, action, eventId]),
        [
            [1, { id: 5, name: 'x' }, 'update', 'mine'],
            [2, { id: 6 }, 'delete', ''],
            [3, '17', null, ''],
            [4, '{broken', null, ''],
        ],
    );
    assert.equal(page.messages[0]?.time?.toISOString(), '2026-11-21T05:08:58.000Z');
    page.client.close();
});

test('a deleted channel is told', async () => {
    const page = new Watched({ transports: ['websocket'] });
    await page.open();
    gateway.send({ id: -1, channel: '', text: ' ' });
    gateway.send({ id: -2, channel: 'c', text: 'Channel deleted', tag: '', time: '' });
    gateway.send({ id: -99, channel: 'c', text: 'from a later version' });
    await page.hears('deleted c Channel deleted');
    page.client.close();
});

test('publishing answers with the channel, and says why not', async () => {
    const client = new PushClient({ token: 'secret' }, { browser: BROWSER, page: gateway.page });
    const info = await client.publish('c', { a: 1 }, { eventId: 'e1', eventType: 'note' });
    assert.deepEqual(info, { channel: 'c', published_messages: 1, stored_messages: 1, subscribers: 0 });
    assert.deepEqual([gateway.asked[0]?.body, gateway.asked[0]?.authorization], ['{"a":1}', 'Bearer secret']);
    gateway.broken.set('pub', 403);
    await assert.rejects(client.publish(['a', 'b'], 'x'), {
        name: 'PublishError',
        status: 403,
        message: 'Not for you.',
    });
    await assert.rejects(client.publish('a*', 'x'), /cannot be the name of a channel/);
    await assert.rejects(client.publish('a/b', 'x'), /a slash separates channels/);
});

test('a loop reads one after another, and ends with its client', async () => {
    const page = new Watched({ transports: ['websocket'] });
    await page.open();
    const read: string[] = [];
    const loop = (async () => {
        for await (const received of page.client.messages()) {
            read.push(received.kind === 'message' ? String(received.message.text) : received.kind);
            if (read.length === 3) {
                page.client.close();
            }
        }
    })();
    gateway.say('c', 'one');
    gateway.say('c', 'two');
    gateway.say('c', 'three');
    await loop;
    assert.deepEqual(read, ['one', 'two', 'three']);
});

test('a reader that is too slow finds a reset instead of what it missed', async () => {
    const page = new Watched({ transports: ['websocket'] });
    await page.open();
    const messages = page.client.messages({ buffer: 2 });
    for (const text of ['1', '2', '3', '4']) {
        gateway.say('c', text);
    }
    await page.hears('1', '2', '3', '4');
    const found: string[] = [];
    for (let at = 0; at < 2; at += 1) {
        const { value } = await messages.next();
        found.push(value.kind === 'message' ? String(value.message.text) : `${value.kind} ${value.reason}`);
    }
    assert.deepEqual(found, ['reset overflow', '4']);
    page.client.close();
    assert.equal((await messages.next()).done, true);
});

test('an aborted signal ends everything', async () => {
    const controller = new AbortController();
    const page = new Watched({ signal: controller.signal });
    await page.open();
    controller.abort();
    assert.equal(page.client.status.kind, 'closed');
    await page.until(() => gateway.listeners === 0, 'the connection to be closed');
    assert.equal((await page.client.messages().next()).done, true);
});

test('what cannot be listened to is refused at once', () => {
    const seams = { browser: BROWSER, page: gateway.page };
    const wrong: [PushOptions, RegExp][] = [
        [{ channels: 'a*' }, /cannot be the name/],
        [{ channels: '' }, /cannot be the name/],
        [{ channels: ['x', 'ALL'] }, /cannot be the name/],
        [{ channels: 'a/b' }, /slash/],
        [{ channels: 'a', transports: [] }, /transports must name/],
        [{ channels: 'a', transports: ['smoke' as Transport] }, /transports must name/],
    ];
    for (const [options, message] of wrong) {
        assert.throws(() => new PushClient(options, seams), message);
    }
});

test('whatever is cut and when: every message once and in order, or a reset', async () => {
    const step = fc.oneof(
        { weight: 6, arbitrary: fc.constant('say' as const) },
        { weight: 1, arbitrary: fc.constant('cut' as const) },
        { weight: 2, arbitrary: fc.constant('wait' as const) },
    );
    await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ALL), fc.array(step, { maxLength: 30 }), async (transport, steps) => {
            gateway.restart();
            const page = new Watched({ transports: [transport], position: gateway.cursor });
            await page.listens();
            const said: string[] = [];
            for (const step of steps) {
                if (step === 'say') {
                    said.push(String(said.length));
                    gateway.say('c', said.at(-1));
                } else if (step === 'cut') {
                    gateway.cut();
                } else {
                    await new Promise((resolve) => setTimeout(resolve, 5));
                }
            }
            await page.hears(...said);
            page.client.close();
        }),
        { numRuns: 40 },
    );
});
