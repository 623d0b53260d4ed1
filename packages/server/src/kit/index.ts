// The test kit, `@kindred/server/testing`: a server of its own for each test. See docs/testing.md.
export type { Duration } from '../control/clock.ts'
export type { Snapshot } from '../control/control.ts'
export type { Fault, PlacedFault } from '../control/faults.ts'
export type { LoggedRequest, RequestFilter } from '../control/request-log.ts'
export { readSeed } from '../seed/read.ts'
export { type Seed, SeedError, type Seeded, seedSchema } from '../seed/seed.ts'
export { deterministicStart, type Reply, type StartOptions, start, type TestKindred } from './start.ts'
