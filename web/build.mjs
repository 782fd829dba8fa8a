// Builds what is checked in, and the tests.
//
//     node build.mjs           writes dist/, its copy in the gateway, and the scripts of the pages
//     node build.mjs --check   fails if one of them is not what the sources build
//     node build.mjs test      writes build/test/

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const DIST = 'dist';
/** Where the gateway finds what it serves. */
const EMBEDDED = '../pubsub-gateway/src/asset/dist';
/** The pages' scripts, beside their sources. */
const PAGES = [
    '../examples/status_wall/page',
    '../examples/guestbook/page',
    '../examples/commits_live/page',
    '../pubsub-gateway/src/page/dashboard/dashboard',
];
const TARGET = ['chrome100', 'firefox100', 'safari15.4'];

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const banner = `/*! pubsub-client ${version}, MIT OR Apache-2.0; contains Strophe.js, see THIRD-PARTY.txt */`;
const pushBanner = `/*! pubsub-client ${version}, MIT OR Apache-2.0 */`;

/** One script, as text. */
async function script(entry, format, comment) {
    const { outputFiles } = await build({
        entryPoints: [entry],
        bundle: true,
        write: false,
        format,
        platform: 'browser',
        target: TARGET,
        minify: true,
        charset: 'utf8',
        legalComments: 'none',
        banner: { js: comment },
        logLevel: 'warning',
    });
    return outputFiles[0].text;
}

/** The types of one entry in one file, as text. */
async function types(entry) {
    const bundle = await rollup({
        input: entry,
        plugins: [dts({ tsconfig: 'tsconfig.json' })],
        external: ['strophe.js'],
    });
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    return output[0].code;
}

/** The script of a page, as text: readable, because it is an example. */
async function page(path) {
    const { outputFiles } = await build({
        entryPoints: [`${path}.ts`],
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        target: TARGET,
        charset: 'utf8',
        external: ['/pubsub.js', '/push.js'],
        banner: { js: `// Built from ${path.split('/').at(-1)}.ts by \`npm run build\` in web/.` },
        logLevel: 'warning',
    });
    return outputFiles[0].text;
}

/** Every file that is built, by its path. */
async function everything() {
    const files = new Map();
    for (const [name, text] of await products()) {
        files.set(`${DIST}/${name}`, text);
        files.set(`${EMBEDDED}/${name}`, text);
    }
    for (const path of PAGES) {
        files.set(`${path}.js`, await page(path));
    }
    const base = await readFile('pages/base.css', 'utf8');
    files.set('../pubsub-gateway/src/page/base.css', base);
    return files;
}

/** Every file of dist/, by name. */
async function products() {
    const strophe = await readFile('node_modules/strophe.js/LICENSE.txt', 'utf8');
    return new Map([
        ['pubsub.js', await script('src/index.ts', 'esm', banner)],
        ['pubsub.classic.js', await script('src/classic.ts', 'iife', banner)],
        ['push.js', await script('src/push/index.ts', 'esm', pushBanner)],
        ['pubsub.d.ts', await types('src/index.ts')],
        ['push.d.ts', await types('src/push/index.ts')],
        [
            'THIRD-PARTY.txt',
            `pubsub.js and pubsub.classic.js contain Strophe.js (https://strophe.im/strophejs/):\n\n${strophe.trim()}\n`,
        ],
    ]);
}

async function check(files) {
    const stale = [];
    for (const [path, text] of files) {
        const there = await readFile(path, 'utf8').catch(() => '');
        if (there !== text) {
            stale.push(path);
        }
    }
    for (const directory of [DIST, EMBEDDED]) {
        const surplus = (await readdir(directory)).filter((name) => !files.has(`${directory}/${name}`));
        stale.push(...surplus.map((name) => `${directory}/${name}`));
    }
    if (stale.length > 0) {
        throw new Error(`not what the sources build: ${stale.join(', ')}; run \`npm run build\` and commit it`);
    }
}

async function write(files) {
    for (const [path, text] of files) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
    }
}

async function tests() {
    await rm('build/test', { recursive: true, force: true });
    const names = (await readdir('test')).filter((name) => name.endsWith('.test.ts'));
    await build({
        entryPoints: names.map((name) => `test/${name}`),
        outdir: 'build/test',
        outExtension: { '.js': '.mjs' },
        bundle: true,
        packages: 'external',
        format: 'esm',
        platform: 'node',
        target: 'node20',
        sourcemap: 'inline',
        logLevel: 'warning',
    });
}

const task = process.argv[2];
if (task === 'test') {
    await tests();
} else {
    const files = await everything();
    await (task === '--check' ? check(files) : write(files));
    for (const [path, text] of files) {
        process.stdout.write(`${path} ${Buffer.byteLength(text)} bytes\n`);
    }
}
