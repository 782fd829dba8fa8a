/**
 * One connection to an XMPP server through Strophe.js: over WebSocket (RFC 7395) or BOSH (XEP-0124, XEP-0206).
 *
 * Knows Strophe and its statuses, and tells `session` three things: it is up, a message came, it is down and why. Does not connect
 * again; that is the `session`'s.
 */

import { $pres, type Builder, Strophe } from 'strophe.js';
import { ping, RefusedError, readError } from './stanza.js';

/** How to get to the server. */
export type Road = 'websocket' | 'bosh';

/** As whom. */
export type Login =
    /** A bare domain logs in anonymously. Over BOSH, what is kept outlives the page in this tab. */
    | { readonly kind: 'jid'; readonly jid: string; readonly password: string; readonly isKept?: boolean }
    /** The session that an earlier page in this tab had with this login, over BOSH. */
    | { readonly kind: 'restore'; readonly jid: string }
    /** A session that somebody else has begun, over BOSH. */
    | { readonly kind: 'attach'; readonly jid: string; readonly sid: string; readonly rid: number };

/** Why a connection is no more. */
export interface Down {
    readonly reason: string;
    /** Trying again with the same words would be refused again. */
    readonly isFinal: boolean;
}

/** What a link tells. */
export interface LinkHears {
    up(link: Link): void;
    message(message: Element): void;
    down(down: Down): void;
}

/** A connection, from the attempt to its end. */
export interface Link {
    /** The full JID, once it is up. */
    readonly jid: string;
    /** Sends a request; rejects with a `RefusedError`. */
    request(stanza: Builder): Promise<Element>;
    /** Ends it; `down` is told no more. */
    close(): void;
}

/** Opens a connection; what becomes of it is told. */
export type Dial = (road: Road, url: string, login: Login, hears: LinkHears) => Link;

/** A request without an answer has failed after this time, in milliseconds. */
const REQUEST_TIMEOUT = 20_000;
/** A WebSocket that was silent for this long is asked whether it is still there. */
const PING_INTERVAL = 30_000;

// What goes wrong is told as a status, and what passes is nobody's concern: it does not belong on the console of a page.
Strophe.setLogLevel(Strophe.LogLevel.FATAL);

/** Where the tab notes whose session Strophe keeps in it: by itself it would hand a named one to an anonymous login. */
const KEPT = 'pubsub-session-of';

const CONDITIONS_THAT_PASS = ['temporary-auth-failure', 'conntimeout'];

/** What Strophe calls a lost connection, though no other one would do better. */
const FINAL_CONDITIONS: Readonly<Record<string, string>> = {
    'x-strophe-bad-non-anon-jid': 'the server lets nobody in without a name: give username and password',
    'no-auth-mech': 'the server offers no way to log in that this client knows',
};

export const dial: Dial = (road, url, login, hears) => new StropheLink(road, url, login, hears);

class StropheLink implements Link {
    readonly #connection: InstanceType<typeof Strophe.Connection>;
    readonly #road: Road;
    readonly #hears: LinkHears;
    /** Whose session this is where it is kept; `null` where it is not. */
    readonly #keptAs: string | null;
    /** Requests that wait for an answer: they fail with the connection. */
    readonly #pending = new Set<(error: RefusedError) => void>();
    #isUp = false;
    #isDown = false;
    #pulse: ReturnType<typeof setInterval> | null = null;

    constructor(road: Road, url: string, login: Login, hears: LinkHears) {
        this.#road = road;
        this.#hears = hears;
        const isKept = road === 'bosh' && (login.kind === 'restore' || (login.kind === 'jid' && login.isKept === true));
        this.#keptAs = isKept ? `${Strophe.getBareJidFromJid(login.jid)} ${url}` : null;
        this.#connection = new Strophe.Connection(url, { keepalive: isKept });
        // Of every kind: Strophe looks for a namespace in payloads as well, and would tell a message once for each that it finds.
        this.#connection.addHandler(
            (message) => {
                this.#hears.message(message);
                return true;
            },
            null,
            'message',
            null,
        );
        const changed = (status: number, condition: string | null) => this.#changed(status, condition);
        if (login.kind === 'attach') {
            this.#connection.attach(login.jid, login.sid, login.rid, changed);
        } else if (login.kind === 'restore') {
            this.#restore(login.jid, changed);
        } else {
            this.#connection.connect(login.jid, login.password, changed);
        }
    }

    /** Goes on with a session that an earlier page had, if there is one of this login. */
    #restore(jid: string, changed: (status: number, condition: string | null) => void): void {
        try {
            if (sessionStorage.getItem(KEPT) === this.#keptAs) {
                this.#connection.restore(jid, changed);
                return;
            }
        } catch {
            // There is none, or no storage to look for it.
        }
        queueMicrotask(() => this.#fall('there is no session to go on with', false));
    }

    get jid(): string {
        return this.#connection.jid;
    }

    request(stanza: Builder): Promise<Element> {
        return new Promise((resolve, reject) => {
            if (!this.#isUp || this.#isDown) {
                reject(new RefusedError('disconnected'));
                return;
            }
            this.#pending.add(reject);
            const answered = (answer: Element) => {
                this.#pending.delete(reject);
                resolve(answer);
            };
            const refused = (answer: Element | null) => {
                this.#pending.delete(reject);
                reject(readError(answer));
            };
            this.#connection.sendIQ(stanza, answered, refused, REQUEST_TIMEOUT);
        });
    }

    close(): void {
        this.#isDown = true;
        this.#end();
        this.#connection.disconnect('');
    }

    #changed(status: number, condition: string | null): void {
        switch (status) {
            case Strophe.Status.CONNECTED:
            case Strophe.Status.ATTACHED:
                this.#rise();
                break;
            case Strophe.Status.AUTHFAIL:
                this.#fall(`login refused: ${condition ?? 'no reason given'}`, !passes(condition));
                break;
            case Strophe.Status.CONNFAIL:
                if (condition !== null && condition in FINAL_CONDITIONS) {
                    this.#fall(`login refused: ${FINAL_CONDITIONS[condition]}`, true);
                } else {
                    this.#fall(condition || 'the connection was lost', false);
                }
                break;
            case Strophe.Status.ERROR:
            case Strophe.Status.CONNTIMEOUT:
            case Strophe.Status.DISCONNECTED:
                this.#fall(condition || 'the connection was lost', false);
                break;
        }
    }

    #rise(): void {
        if (this.#isUp || this.#isDown) {
            return;
        }
        this.#isUp = true;
        if (this.#keptAs !== null) {
            this.#note(this.#keptAs);
            // Said once more by each page, it tells the server that this one begins: what its predecessor may not have heard is repeated.
            this.#connection.send($pres());
        }
        if (this.#road === 'websocket') {
            this.#pulse = setInterval(() => this.#ask(), PING_INTERVAL);
        }
        this.#hears.up(this);
    }

    /** Notes whose session the tab keeps. */
    #note(whose: string): void {
        try {
            sessionStorage.setItem(KEPT, whose);
        } catch {
            // Then the next page logs in anew.
        }
    }

    /** A network that goes away without a word is noticed by a question that nobody answers; any answer will do. */
    #ask(): void {
        const domain = Strophe.getDomainFromJid(this.#connection.jid) ?? '';
        this.request(ping(domain)).catch((error: RefusedError) => {
            if (error.condition === 'timeout') {
                this.#fall('the server does not answer', false);
            }
        });
    }

    #fall(reason: string, isFinal: boolean): void {
        if (this.#isDown) {
            return;
        }
        this.#isDown = true;
        this.#end();
        // Strophe may still hold a socket, as after an answer that did not come.
        this.#connection.disconnect('');
        this.#hears.down({ reason, isFinal });
    }

    #end(): void {
        if (this.#pulse !== null) {
            clearInterval(this.#pulse);
        }
        const pending = [...this.#pending];
        this.#pending.clear();
        for (const reject of pending) {
            reject(new RefusedError('disconnected'));
        }
    }
}

function passes(condition: string | null): boolean {
    return condition !== null && CONDITIONS_THAT_PASS.includes(condition);
}
