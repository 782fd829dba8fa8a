/**
 * What a page says when it makes a `PubSubClient`, and what is made of it.
 *
 * Refuses what cannot work with a sentence that says what to do.
 */

import type { BackOffOptions } from '../backoff.js';
import type { Entry } from './entry.js';
import type { Login, Road } from './link.js';
import { type Position, readPosition } from './position.js';

/** The options of a `PubSubClient`. All may be left out: then it logs in anonymously and listens to nothing yet. */
export interface PubSubOptions<Client = unknown> {
    /** Logs in as `username@domain`. */
    username?: string;
    /** The password of `username`. */
    password?: string;
    /** A name to show; without `username` the login is anonymous. */
    nick?: string;
    /** With `sid` and `rid`: takes over a BOSH session that the web server has begun. */
    jid?: string;
    sid?: string;
    rid?: number | string;
    /**
     * Takes a BOSH session along when this tab loads the page again, instead of logging in anew: what was published meanwhile is there.
     * One client of a page may do so. Off by default; means nothing to a connection over WebSocket.
     */
    keepalive?: boolean;
    /** A node to subscribe to. */
    node?: string;
    /** Nodes to subscribe to. */
    nodes?: readonly string[];
    /** Called for each update. */
    event_cb?: (entry: Entry, pubsub: Client) => void;
    /** How to connect: one way, or several in the order of trying. Both by default, WebSocket first. */
    transport?: Road | readonly Road[];
    /** Where the WebSocket of the XMPP server is; `/xmpp-websocket` of the page's origin by default. */
    websocket?: string;
    /** Where its BOSH is; `/xmpp-httpbind` of the page's origin by default. */
    bosh?: string;
    /** The domain of the XMPP server; the page's host by default, and `localhost` where that is an address. */
    domain?: string;
    /** The JID of the PubSub service; `pubsub.` and the domain by default. */
    service?: string;
    /** The resource of a named login; a new one for each client by default, so that two pages are not in each other's way. */
    resource?: string;
    /** Goes on where a list ended: the position that came with it, or the `lastEventId` of an earlier client. */
    lastEventId?: string;
    /** So many entries are kept in `updates`, 500 by default; the oldest go first. */
    most_updates?: number;
    /** The waits between attempts. */
    backOff?: BackOffOptions;
    /** An attempt to connect has failed after this time, in milliseconds; 15 000 by default. */
    connectTimeout?: number;
}

/** What a client works with. */
export interface Settings {
    readonly roads: readonly Road[];
    readonly urls: Readonly<Record<Road, string>>;
    readonly keepalive: boolean;
    readonly domain: string;
    readonly service: string;
    readonly resource: string;
    readonly nodes: readonly string[];
    readonly positions: readonly Position[];
    readonly mostUpdates: number;
    readonly backOff: BackOffOptions;
    readonly connectTimeout: number;
}

const ROADS: readonly Road[] = ['websocket', 'bosh'];

/** Checks the options. `page` is where the page came from. */
export function settle(options: PubSubOptions<never>, page: URL): Settings {
    const roads = options.transport === undefined ? ROADS : [options.transport].flat();
    const unknown = roads.find((road) => !ROADS.includes(road));
    if (unknown !== undefined || roads.length === 0) {
        throw new TypeError(`transport must be 'websocket', 'bosh' or a list of them, not ${JSON.stringify(unknown)}`);
    }
    const keepalive = options.keepalive ?? false;
    if (keepalive && !roads.includes('bosh')) {
        throw new TypeError("keepalive is about sessions of BOSH: add 'bosh' to transport");
    }
    const domain = options.domain ?? domainOf(page.hostname);
    const nodes = [...(options.node ? [options.node] : []), ...(options.nodes ?? [])];
    const most = options.most_updates ?? 500;
    if (!Number.isInteger(most) || most < 0) {
        throw new TypeError('most_updates must be a whole number, 0 or more');
    }
    return {
        roads,
        urls: {
            websocket: webSocketUrl(options.websocket ?? '/xmpp-websocket', page),
            bosh: new URL(options.bosh ?? '/xmpp-httpbind', page).href,
        },
        keepalive,
        domain,
        service: options.service ?? `pubsub.${domain}`,
        resource: options.resource ?? `web-${randomName()}`,
        nodes: [...new Set(nodes)],
        positions: readPositions(options.lastEventId),
        mostUpdates: most,
        backOff: options.backOff ?? {},
        connectTimeout: options.connectTimeout ?? 15_000,
    };
}

/** As whom to log in: first the session that was handed over or kept, if there is one, and from then on by name or anonymously. */
export function loginsOf(options: PubSubOptions<never>, settings: Settings): Login[] {
    const logins: Login[] = [];
    if (options.jid) {
        const { sid, rid } = options;
        if (!sid || rid === undefined || rid === '') {
            throw new TypeError('jid needs sid and rid: the BOSH session that the web server has begun');
        }
        logins.push(attachment(options.jid, sid, rid));
    }
    if (options.username || logins.length === 0 || options.nick) {
        const { username, password = '' } = options;
        const login = username ? named(username, password, settings) : nobody(settings);
        if (settings.keepalive && logins.length === 0) {
            logins.push({ kind: 'restore', jid: login.jid });
        }
        logins.push(login);
    }
    return logins;
}

/** A session to be taken over. */
export function attachment(jid: string, sid: string, rid: number | string): Login {
    const number = Number(rid);
    if (!Number.isSafeInteger(number) || number <= 0) {
        throw new TypeError(`rid must be a number above 0, not ${JSON.stringify(rid)}`);
    }
    return { kind: 'attach', jid, sid, rid: number };
}

/** A login without a name. */
export function nobody(settings: Settings): Login & { kind: 'jid' } {
    return { kind: 'jid', jid: settings.domain, password: '', isKept: settings.keepalive };
}

/** A login by name, which may be a whole JID. */
export function named(username: string, password: string, settings: Settings): Login & { kind: 'jid' } {
    const bare = username.includes('@') ? username : `${escapeName(username)}@${settings.domain}`;
    const jid = bare.includes('/') ? bare : `${bare}/${settings.resource}`;
    return { kind: 'jid', jid, password, isKept: settings.keepalive };
}

/** What may not stand in the first part of a JID, in the way of XEP-0106. */
function escapeName(name: string): string {
    return name.replace(/[ "&'/:<>]/g, (character) => `\\${character.charCodeAt(0).toString(16)}`);
}

/** An address is nobody's XMPP domain. */
function domainOf(host: string): string {
    const isAddress = host === '' || /^[0-9.]+$/.test(host) || host.startsWith('[');
    return isAddress ? 'localhost' : host;
}

function webSocketUrl(url: string, page: URL): string {
    const absolute = new URL(url, page);
    absolute.protocol = absolute.protocol.replace(/^http/, 'ws');
    return absolute.href;
}

function readPositions(text: string | undefined): Position[] {
    const texts = text ? text.split(',') : [];
    return texts.map((one) => {
        const position = readPosition(one);
        if (position === null) {
            throw new TypeError(`lastEventId must be what a list or a client handed out, not ${JSON.stringify(text)}`);
        }
        return position;
    });
}

function randomName(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(6));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
