// Packs what would be published, installs it into a project of its own, and uses both builds and the types as that project would.
//
//     node packed.mjs

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PROGRAM = `
import { PubSubClient, PushClient } from 'pubsub-client';
import { PushClient as Alone } from 'pubsub-client/push';

for (const made of [PubSubClient, PushClient, Alone]) {
    if (typeof made !== 'function') {
        throw new Error('a client is missing');
    }
}
if (typeof PubSubClient.prototype.subscribe !== 'function' || typeof Alone.prototype.live !== 'function') {
    throw new Error('a client lacks what it can do');
}
// The page of a classic script has globals.
globalThis.window ??= globalThis;
await import('pubsub-client/classic');
if (typeof globalThis.PubSubClient !== 'function' || typeof globalThis.PushClient !== 'function') {
    throw new Error('the classic script has made no globals');
}
`;

const TYPES = `
import { type Entry, PubSubClient, PushClient } from 'pubsub-client';
import { type PushMessage, PushClient as Alone } from 'pubsub-client/push';

const pubsub = new PubSubClient({ node: '/wall/Status', nick: 'Ann' });
pubsub.on('update', (entry: Entry) => entry.field('text')?.trim());
// @ts-expect-error: there is no such option.
new PubSubClient({ knot: '/wall/Status' });
const push = new PushClient({ channels: ['news'] });
push.on('message', (message: PushMessage) => message.text);
const live = push.live<{ id: number }>('commit', 'global');
export const first: number | undefined = live.rows[0]?.id;
export const alone: Alone = new Alone();
`;

const project = await mkdtemp(join(tmpdir(), 'pubsub-packed-'));
/** What a program says; where it fails, that is shown. */
function run(command, args, cwd) {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (error || status !== 0) {
        throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
    }
    return stdout;
}
try {
    const [packed] = JSON.parse(run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', project], '.'));
    const { name, version } = packed;
    await writeFile(join(project, 'package.json'), '{"private": true, "type": "module"}\n');
    // Nothing is fetched: a dependency that is bundled already must not be one of the package.
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', packed.filename], project);
    await writeFile(join(project, 'program.mjs'), PROGRAM);
    run('node', ['program.mjs'], project);
    await writeFile(join(project, 'types.mts'), TYPES);
    const tsc = resolve('node_modules/.bin/tsc');
    for (const [module, resolution] of [
        ['esnext', 'bundler'],
        ['nodenext', 'nodenext'],
    ]) {
        const how = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022', '--lib', 'es2023,dom'];
        run(tsc, ['--noEmit', '--strict', ...how, 'types.mts'], project);
    }
    process.stdout.write(
        `${name} ${version}: ${packed.entryCount} files, ${packed.size} bytes packed, installs and imports\n`,
    );
} finally {
    await rm(project, { recursive: true, force: true });
}
