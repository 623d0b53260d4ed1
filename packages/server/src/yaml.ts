// The package is CommonJS: in the bundle, `import('yaml')` has its functions under `default` alone, and in Node by name.
// Here they have names in both.
export { parse, stringify } from 'yaml'
