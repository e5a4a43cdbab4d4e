// PROTOCOL.md, "Sealed entries", written a second time from the text alone, with WebCrypto and nothing else.
// Usage: node sealing.mjs vectors/sealing.json. Prints how many vectors hold; exits 1 at the first that does not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const P256 = { name: "ECDH", namedCurve: "P-256" };
const text = (value) => new TextEncoder().encode(value);
const hex = (value) => Uint8Array.from(Buffer.from(value, "hex"));
const base64 = (value) => Uint8Array.from(Buffer.from(value, "base64"));
const join = (...parts) => Uint8Array.from(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

const KEM = join(text("KEM"), [0x00, 0x10]);
const SUITE = join(text("HPKE"), [0x00, 0x10, 0x00, 0x01, 0x00, 0x02]);
const EMPTY = new Uint8Array();

async function hmac(key, data) {
  const raw = key.length ? key : new Uint8Array(32);
  const imported = await subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, data));
}

const extract = (suite, salt, label, secret) =>
  hmac(salt, join(text("HPKE-v1"), suite, text(label), secret));

// No value here is longer than one block of SHA-256, so expanding is one HMAC.
async function expand(suite, secret, label, info, length) {
  const labeled = join([0, length], text("HPKE-v1"), suite, text(label), info, [1]);
  return (await hmac(secret, labeled)).slice(0, length);
}

const publicKey = (point) => subtle.importKey("raw", point, P256, true, []);

function privateKey(secret, point) {
  const [x, y] = [point.slice(1, 33), point.slice(33, 65)].map(base64url);
  return subtle.importKey("jwk", { kty: "EC", crv: "P-256", d: base64url(secret), x, y }, P256, false, ["deriveBits"]);
}

async function keyAndNonce(own, other, ephemeralPoint, serverPoint, header) {
  const dh = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: other }, own, 256));
  const prk = await extract(KEM, EMPTY, "eae_prk", dh);
  const shared = await expand(KEM, prk, "shared_secret", join(ephemeralPoint, serverPoint), 32);
  const psk = await extract(SUITE, EMPTY, "psk_id_hash", EMPTY);
  const context = join([0], psk, await extract(SUITE, EMPTY, "info_hash", header));
  const secret = await extract(SUITE, shared, "secret", EMPTY);
  const raw = await expand(SUITE, secret, "key", context, 32);
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, iv: await expand(SUITE, secret, "base_nonce", context, 12) };
}

function header(entry) {
  const bytes = new Uint8Array(50);
  const view = new DataView(bytes.buffer);
  bytes[0] = 1;
  bytes.set(hex(entry.key), 1);
  bytes[9] = entry.what;
  bytes.set(hex(entry.device.replaceAll("-", "")), 10);
  bytes.set(hex(entry.about), 26);
  view.setBigUint64(42, BigInt(entry.seq));
  return bytes;
}

async function seal(plain, first, serverPoint, ephemeral) {
  const own = await privateKey(ephemeral.secret, ephemeral.point);
  const { key, iv } = await keyAndNonce(own, await publicKey(serverPoint), ephemeral.point, serverPoint, first);
  const box = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, key, plain));
  return join(first, ephemeral.point, box);
}

async function open(sealed, server) {
  assert.ok(sealed.length >= 131 && sealed[0] === 1);
  const [first, point, box] = [sealed.slice(0, 50), sealed.slice(50, 115), sealed.slice(115)];
  const own = await privateKey(server.secret, server.point);
  const { key, iv } = await keyAndNonce(own, await publicKey(point), point, server.point, first);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, key, box));
}

const vectors = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const servers = new Map();
for (const { key, public: point, private: secret } of vectors.keys) {
  const digest = new Uint8Array(await subtle.digest("SHA-256", base64(point)));
  assert.deepEqual(digest.slice(0, 8), hex(key));
  servers.set(key, { point: base64(point), secret: hex(secret) });
}
for (const entry of vectors.cases) {
  const [server, sealed, plain] = [servers.get(entry.key), base64(entry.sealed), base64(entry.plain)];
  const ephemeral = { secret: hex(entry.ephemeral), point: sealed.slice(50, 115) };
  assert.deepEqual(header(entry), hex(entry.header), entry.name);
  assert.deepEqual(await seal(plain, header(entry), server.point, ephemeral), sealed, entry.name);
  assert.deepEqual(await open(sealed, server), plain, entry.name);
}
for (const { name, sealed } of vectors.refused) {
  await assert.rejects(open(base64(sealed), servers.get(vectors.keys[0].key)), name);
}
// What this program seals is opened by somebody else: a line for the test that called it.
if (process.argv[3]) {
  const { point } = servers.get(vectors.keys[0].key);
  const pair = await subtle.generateKey(P256, true, ["deriveBits"]);
  const jwk = await subtle.exportKey("jwk", pair.privateKey);
  const own = [jwk.x, jwk.y].map((part) => Buffer.from(part, "base64url"));
  const ephemeral = { secret: Buffer.from(jwk.d, "base64url"), point: join([4], ...own) };
  const sealed = await seal(text(process.argv[3]), header(vectors.cases[0]), point, ephemeral);
  console.log(Buffer.from(sealed).toString("base64"));
} else {
  console.log(`${vectors.cases.length + vectors.refused.length} vectors hold`);
}
