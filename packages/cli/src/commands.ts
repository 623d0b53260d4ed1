import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** A command, as the list of all shows it. Its file is loaded when it is called. */
export interface Entry {
  name: string
  description: string
  load: () => Promise<(program: Command, terminal: Terminal) => void>
}

/** Every command, in the order in which the help shows them. */
export const entries: readonly Entry[] = [
  {
    name: 'serve',
    description: 'Serve the token endpoint and the Management API.',
    load: async () => (await import('./serve.ts')).addServe,
  },
  {
    name: 'keys',
    description: 'Rotate the keys that sign tokens.',
    load: async () => (await import('./keys.ts')).addKeys,
  },
  {
    name: 'admin',
    description: 'Get into the console.',
    load: async () => (await import('./admin.ts')).addAdmin,
  },
  {
    name: 'login',
    description: 'Remember a server and credentials for it.',
    load: async () => (await import('./login.ts')).addLogin,
  },
  {
    name: 'profiles',
    description: 'List, choose and remove the servers that login remembers.',
    load: async () => (await import('./profiles.ts')).addProfiles,
  },
  {
    name: 'token',
    description: 'Print an access token, or its claims.',
    load: async () => (await import('./token.ts')).addToken,
  },
  {
    name: 'api',
    description: 'Call any operation of the Management API.',
    load: async () => (await import('./api.ts')).addApi,
  },
  {
    name: 'apps',
    description: 'Make and list applications, and their secrets.',
    load: async () => (await import('./apps.ts')).addApps,
  },
  {
    name: 'users',
    description: 'Import and export users.',
    load: async () => (await import('./users/users.ts')).addUsers,
  },
  {
    name: 'samples',
    description: 'Print a program that calls the server, in one of ten languages.',
    load: async () => (await import('./samples.ts')).addSamples,
  },
  {
    name: 'postman',
    description: 'Write a Postman collection and environment.',
    load: async () => (await import('./postman.ts')).addPostman,
  },
  {
    name: 'doctor',
    description: 'Check settings, connection, clock, token and data folder.',
    load: async () => (await import('./doctor.ts')).addDoctor,
  },
  {
    name: 'pull',
    description: 'Copy a whole environment into a file.',
    load: async () => (await import('./carry/pull.ts')).addPull,
  },
  {
    name: 'diff',
    description: 'Show how the configuration of two servers, or of a file and a server, differs.',
    load: async () => (await import('./carry/diff.ts')).addDiff,
  },
  {
    name: 'apply',
    description: 'Carry configuration from a file or a server to a server: a plan first, then the changes.',
    load: async () => (await import('./carry/apply.ts')).addApply,
  },
  {
    name: 'completion',
    description: 'Print a script that completes commands and operations in your shell.',
    load: async () => (await import('./completion.ts')).addCompletion,
  },
]
