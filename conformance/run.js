import '../require-node.js'

await import('./conformance.ts')
