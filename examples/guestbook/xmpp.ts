/**
 * As much XMPP as the page needs, over a WebSocket (RFC 7395): make an account, log in, and be in a room. Knows nothing of the page.
 */

/** What somebody in the room is told. */
export interface Told {
    /** A message to all; `nick` is empty when the room itself speaks, which nobody else can. */
    message(nick: string, message: Element): void;
    /** Somebody came or went. */
    presence(nick: string, isHere: boolean): void;
    /** The conversation is over, and why. */
    over(reason: string): void;
}

/** The server said no. */
export class RefusedError extends Error {
    constructor(
        readonly condition: string,
        words: string,
    ) {
        super(words);
    }
}

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const MUC = 'http://jabber.org/protocol/muc';

/** One connection. */
export class Conversation {
    readonly #socket: WebSocket;
    readonly #answers = new Map<string, (answer: Element) => void>();
    readonly #domain: string;
    #told: Told | null = null;
    #room = '';
    #next: ((element: Element) => void) | null = null;
    #fail: ((error: Error) => void) | null = null;
    #count = 0;

    constructor(url: string, domain: string) {
        this.#domain = domain;
        this.#socket = new WebSocket(url, 'xmpp');
        this.#socket.addEventListener('message', (event) => this.#hear(parse(String(event.data))));
        this.#socket.addEventListener('close', () => this.#end('the connection was lost'));
    }

    /** Makes an account, if there is none of that name yet (XEP-0077). */
    async register(name: string, password: string): Promise<void> {
        await this.#open();
        const query = `<query xmlns="jabber:iq:register"><username>${xml(name)}</username><password>${xml(password)}</password></query>`;
        await this.#request('set', this.#domain, query);
    }

    /** Logs in, on a connection of its own. */
    async logIn(name: string, password: string): Promise<void> {
        await this.#open();
        const bytes = new TextEncoder().encode(`\0${name}\0${password}`);
        const secret = btoa(String.fromCharCode(...bytes));
        const answer = await this.#exchange(`<auth xmlns="${SASL}" mechanism="PLAIN">${secret}</auth>`);
        if (answer.localName !== 'success') {
            throw new RefusedError('not-authorized', 'There is somebody of that name, with another password.');
        }
        await this.#open();
        await this.#request('set', null, '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>');
    }

    /** Enters a room (XEP-0045 §7.2); from now on `told` hears of it. */
    enter(room: string, nick: string, told: Told): void {
        this.#told = told;
        this.#room = room;
        this.#send(
            `<presence xmlns="jabber:client" to="${xml(`${room}/${nick}`)}"><x xmlns="${MUC}"><history maxstanzas="50"/></x></presence>`,
        );
    }

    close(): void {
        this.#told = null;
        this.#socket.close();
    }

    async #open(): Promise<void> {
        if (this.#socket.readyState === WebSocket.CONNECTING) {
            await new Promise<void>((resolve, reject) => {
                this.#fail = reject;
                this.#socket.addEventListener('open', () => resolve());
            });
        }
        await this.#exchange(`<open xmlns="${FRAMING}" to="${xml(this.#domain)}" version="1.0"/>`);
        // The features follow; what they offer is known.
        await this.#heard();
    }

    /** What comes next that is no stanza. */
    #heard(): Promise<Element> {
        return new Promise((resolve, reject) => {
            this.#next = resolve;
            this.#fail = reject;
        });
    }

    #exchange(text: string): Promise<Element> {
        const answer = this.#heard();
        this.#send(text);
        return answer;
    }

    #request(type: string, to: string | null, content: string): Promise<Element> {
        this.#count += 1;
        const id = `q${this.#count}`;
        const address = to === null ? '' : ` to="${xml(to)}"`;
        this.#send(`<iq xmlns="jabber:client" type="${type}" id="${id}"${address}>${content}</iq>`);
        return new Promise((resolve, reject) => {
            this.#fail = reject;
            this.#answers.set(id, (answer) => {
                if (answer.getAttribute('type') === 'result') {
                    resolve(answer);
                } else {
                    reject(refusal(answer));
                }
            });
        });
    }

    #send(text: string): void {
        this.#socket.send(text);
    }

    #hear(element: Element): void {
        const from = element.getAttribute('from') ?? '';
        const id = element.getAttribute('id') ?? '';
        const type = element.getAttribute('type');
        if (element.localName === 'iq') {
            const answer = this.#answers.get(id);
            this.#answers.delete(id);
            answer?.(element);
            if (type === 'get') {
                // Whether we are still there (XEP-0199).
                this.#send(`<iq xmlns="jabber:client" type="result" id="${xml(id)}" to="${xml(from)}"/>`);
            }
        } else if (element.localName === 'message' || element.localName === 'presence') {
            this.#inRoom(element, from, type);
        } else if (element.localName === 'close' || element.localName === 'error') {
            this.#end('the server closed the connection');
        } else {
            const next = this.#next;
            this.#next = null;
            next?.(element);
        }
    }

    #inRoom(element: Element, from: string, type: string | null): void {
        const [room, ...rest] = from.split('/');
        if (room !== this.#room) {
            return;
        }
        const nick = rest.join('/');
        if (type === 'error') {
            this.#end(refusal(element).message);
        } else if (element.localName === 'presence') {
            this.#told?.presence(nick, type !== 'unavailable');
        } else if (type === 'groupchat') {
            this.#told?.message(nick, element);
        }
    }

    #end(reason: string): void {
        const told = this.#told;
        this.#told = null;
        this.#fail?.(new RefusedError('disconnected', reason));
        told?.over(reason);
        this.#socket.close();
    }
}

function parse(text: string): Element {
    return new DOMParser().parseFromString(text, 'text/xml').documentElement;
}

function refusal(answer: Element): RefusedError {
    const error = [...answer.children].find((child) => child.localName === 'error');
    const words = [...(error?.children ?? [])].find((child) => child.localName === 'text');
    const condition = error?.firstElementChild?.localName ?? 'undefined-condition';
    return new RefusedError(condition, words?.textContent ?? condition);
}

/** For a text or a quoted attribute. */
function xml(text: string): string {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
