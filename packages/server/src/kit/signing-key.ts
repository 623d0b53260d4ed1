import { createPublicKey } from 'node:crypto'
import type { makeSigningKey } from '../oauth/keys.ts'

/**
 * The key that signs the tokens of every test server. **It is no secret**: everybody who has this file can sign with it. To
 * make a key of this kind takes up to 200 ms, and a fixed one gives the same tokens in every run; no server but that of
 * the test kit ever uses it.
 */
const privatePem = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCdFb3gt5O+kFz/
XXdzM6qH3QCXCHhxIqxys/+Mlp8Ux8HKZ7hnHjhPKmhbWOp5XkfbWqHzU1+O3VHI
YtgqHFy31MS17F+JY/M8OgdF6lywzMmf7eWWTNMr59xz78i+8VQ34GMyIkpKfWaP
usZf3DMOmYaTkHcPc5NvTHdiN8vTZCzvlijDR1tuq9ldna/nlj307YiYpffBZobJ
eTVYM+nXuwp/ILz3xJi1TV/p+Ad0Wml6YCBoqQTi9UQgv6BN+eo9LZiU7bRMZsRJ
oF4SAoUVVnht4l1aR6UKUce4B/dNZeZ+AlRPtWKik3aJGREvOE8SLPx9gVKuVQnQ
vgmLhsi9AgMBAAECggEALtMNzB/8vvfKeOaUFjeG9EPZCqxgNp022WQ1X2OAnRGk
fyCm07oq39JM1DnvfukvM0BTeTRXjj8Dw19Pf1IAA149mtsQaWRtW30SsPEY2yzY
Rz+DSeexpOtTCA4ogV5vk85j00xsZ8L0oRB0VJvPbmEuP+t2yhjSEIGzLohiTisc
6NUiOIBeIEiCw3jDKml6onrOrjlaTiIyA+NkBzOwmMaDzloI6X2CAqHIBXU0JDpJ
dVLNVceNAoL9UGmg3IMFSWBJ1ayytP5PfdyrpnUogF7s7aHmVoJa8Tsr8bnHmP04
XUSRk35zcxsCRrXGsqMrKSALZaF1yjzKonOUS5BcYwKBgQDXtZX+WyzAzSpJ7027
H/XomCuW6eRoK68fqoCaaxsN0kSvAqAuMvElFlhr9dhG8tzG+0W2o4/gF3XgkVLK
hMluc87yMoQ00CBTXy+YTXgIVY2BQkgcMHjP0aw8J3kCq/3NG6XQsXzMeyecizh3
KsE8Fxm1uMrP6/QOGQLlE6iKkwKBgQC6bPTSuUO5SwdZN+whynss6pLYTj+p5Flb
hcT39ZKgsR1fCGZVGlOL8NXmckotDnzpXQWboYIgG/pcxgMWAissIGoUqiAOZHUw
58Pd9pbHm3ynrApgMGWbCW4hkk4PAYri9kcQedLHk4hf6/0+DWC6Mehit7p4JhNe
LjsYvOthbwKBgDP31nwiISUOCKspURPM/mScDJxeGx4RsC4z2KnbNfhdeRikzEx1
D2289W6FGyb0qcXykXgP7cCyRj7lJAoQdar7kZb+HqXOoosTepb5yvpPCjli65aH
AwQmYpVXeSrwnsPEbm1Z5VQqM3/edqsXDNjaQ+Jo88ul7/VZhz4DP26rAoGBAI2n
mOg9yg4TysOqUIzklG/u1iHyY0Gut49pt99KBF6B9nVtpoRn+q/NEluG4IIYDiYs
fsRhFsVbPQQdmd6xSyi+gJyvIKiPANVmZlhUtQF7Tl8BxOiOHcaOhdaQmyuf2m7W
/+yvBNCNdASfBtCNzb/tiEzqmpANLo5TxqfndVuVAoGAOGc4mX1LzEWTC3AhMZE8
I9W7cBigXgjtgoFNoEnPN83pYvJB+bJrnoLURvu2CDXG/4cQ1rJDztk0YdvD/P22
dEEKvTIDtYymiEQo3OFFXzcLp/wzAmGCT3vZkk5cNkz9tGF75b4ON0fB9FAfg1GE
+9qUBhYvV80Ki/Z/iwLDumE=
-----END PRIVATE KEY-----
`
/** Hex, as those of a server are; it says `kindred test key`. */
const kid = Buffer.from('kindred test key').toString('hex').match(/../g)!.join(':')

export function testSigningKey(): Awaited<ReturnType<typeof makeSigningKey>> {
  const { n, e } = createPublicKey(privatePem).export({ format: 'jwk' })
  return { kid, privatePem, jwk: { e: e!, n: n!, alg: 'RS256', kid, kty: 'RSA', use: 'sig' } }
}
