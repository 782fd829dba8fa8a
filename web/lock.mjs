// Keeps package-lock.json whole: with the packages of every platform that a tool has a binary for, so that `npm ci` works on all of them.
//
//     node lock.mjs           adds what is missing
//     node lock.mjs --check   fails if something is
//
// npm writes down only what the registry that it asks has. One that has no binaries for other platforms makes a file with which the tools
// lack theirs elsewhere, and npm says nothing. What a package names in its `optionalDependencies` says which there are; what is added here has
// no hash, which `npm install` from a complete registry would write.

import { readFile, writeFile } from 'node:fs/promises';

const FILE = 'package-lock.json';
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** What `@scope/tool-linux-arm64-gnu` says of its platform. */
function platform(name) {
    const words = name.split(/[/-]/);
    const at = words.findIndex((word) => SYSTEMS.includes(word));
    const [os, cpu, abi] = words.slice(at);
    if (at < 0 || cpu === undefined) {
        throw new Error(`${name} names no platform: run npm install where the registry has it`);
    }
    const library = os === 'linux' ? LIBRARIES[abi] : undefined;
    return { cpu: [cpu], os: [os], ...(library ? { libc: [library] } : {}) };
}

/** The packages that are named and not there, as npm would write them. */
function missing(packages) {
    const found = new Map();
    for (const [path, { optionalDependencies = {}, dev = false }] of Object.entries(packages)) {
        for (const [name, version] of Object.entries(optionalDependencies)) {
            const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
            if (path !== '' && !places.some((place) => place in packages)) {
                const { cpu, os, libc } = platform(name);
                const entry = { version, cpu, ...(dev ? { dev } : {}), ...(libc ? { libc } : {}), optional: true, os };
                found.set(`node_modules/${name}`, entry);
            }
        }
    }
    return found;
}

const lock = JSON.parse(await readFile(FILE, 'utf8'));
const found = missing(lock.packages);
if (process.argv[2] === '--check' && found.size > 0) {
    throw new Error(`${FILE} lacks ${[...found.keys()].join(', ')}; run \`npm run lock\` and commit it`);
}
if (found.size > 0) {
    const [[root, own], ...rest] = Object.entries(lock.packages);
    const sorted = [...rest, ...found].sort(([one], [two]) => one.localeCompare(two, 'en'));
    lock.packages = Object.fromEntries([[root, own], ...sorted]);
    await writeFile(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
process.stdout.write(`${FILE} is whole, ${found.size} packages were added\n`);
