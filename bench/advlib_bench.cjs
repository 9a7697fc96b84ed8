// moor and advlib (github.com/reelyactive) on the same advertisements of formats that both decode; the ratio of their times, in the
// same minute. advlib comes from npm by its name, into the build folder.
//
// Usage: node advlib_bench.cjs DECODE_BENCH FOLDER
'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const packages = ['advlib-ble', 'advlib-ble-services', 'advlib-ble-manufacturers'];
const [program, folder] = process.argv.slice(2);
const file = path.join(__dirname, 'advlib_payloads.hex');

function skip(why) {
  console.log(`advlib: skipped, ${why}`);
  process.exit(0);
}

fs.mkdirSync(folder, { recursive: true });
if (!packages.every((name) => fs.existsSync(path.join(folder, 'node_modules', name)))) {
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'ignore', timeout: 60000 });
  } catch {
    skip('npm cannot install it');
  }
}
const [advlib, ...libraries] = packages.map((name) => require(path.join(folder, 'node_modules', name)));

// advlib reads a whole advertising PDU: two bytes of header and the address before the payload.
const packets = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => {
  const payload = Buffer.from(line.replaceAll(' ', ''), 'hex');
  return Buffer.concat([Buffer.from([0x02, payload.length + 6, 1, 2, 3, 4, 5, 6]), payload]);
});

// Processor time, as moor's is: other work on the machine does not count.
function nanosecondsOfRound(count) {
  const begin = process.cpuUsage();
  for (let i = 0; i < count; ++i) for (const packet of packets) advlib.process(packet, libraries);
  const { user, system } = process.cpuUsage(begin);
  return ((user + system) * 1000) / (count * packets.length);
}
nanosecondsOfRound(5000);
const rounds = Array.from({ length: 11 }, () => nanosecondsOfRound(1000)).sort((a, b) => a - b);
const peer = rounds[5];

const lines = execFileSync(program, ['--json', '--rounds', '101', file], { encoding: 'utf8' }).trim().split('\n').map(JSON.parse);
const ours = lines.find((line) => line.what === 'decode').ns_per_advert;
console.log(`advlib ${peer.toFixed(0)} ns, moor ${ours.toFixed(1)} ns an advertisement: ratio ${(peer / ours).toFixed(1)}`);
