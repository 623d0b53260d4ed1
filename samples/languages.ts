import { join } from 'node:path'

/** How one sample is built and run. Commands start in this folder. */
export interface Sample {
  /** Path in this folder. */
  file: string
  /** What must be on the machine: its name, and a command that succeeds only where it is. */
  needs: Array<{ name: string; probe: string[] }>
  /** Commands that make the sample ready to run, once. */
  build?: (caFile: string) => string[][]
  run: string[]
  /** What tells the sample of a CA; absent where its platform asks the system's store and nothing else. */
  trust?: (caFile: string) => Trust
}

/** What makes a sample trust a CA. */
export interface Trust {
  env?: NodeJS.ProcessEnv
  /** Options for the first word of `run`. */
  options?: string[]
}

const macOS = process.platform === 'darwin'

const SSL_CERT_FILE = (caFile: string): Trust => ({ env: { SSL_CERT_FILE: caFile } })

// Debian builds GNUstep with GCC's runtime, whose headers clang does not look for by itself.
const objectiveC = macOS
  ? 'clang -fobjc-arc -framework Foundation'
  : 'clang $(gnustep-config --objc-flags) -I"$(gcc -print-file-name=include)"'
const objectiveCLibraries = macOS ? '' : '$(gnustep-config --base-libs)'

/** Every sample of this folder. What they build goes to `scratch`, which holds a copy of `csharp/`. */
export function samplesBuiltIn(scratch: string): Sample[] {
  const binary = (name: string) => join(scratch, name)
  const trustStore = binary('trust.p12')
  return [
    {
      file: 'token-then-users.sh',
      needs: [{ name: 'curl', probe: ['curl', '--version'] }],
      run: ['sh', 'token-then-users.sh'],
      trust: (caFile) => ({ env: { CURL_CA_BUNDLE: caFile } }),
    },
    {
      file: 'token-then-users.mjs',
      needs: [],
      run: [process.execPath, 'token-then-users.mjs'],
      trust: (caFile) => ({ env: { NODE_EXTRA_CA_CERTS: caFile } }),
    },
    {
      file: 'token-then-users.py',
      needs: [{ name: 'Python 3', probe: ['python3', '--version'] }],
      run: ['python3', 'token-then-users.py'],
      trust: SSL_CERT_FILE,
    },
    {
      file: 'token-then-users.rb',
      needs: [{ name: 'Ruby', probe: ['ruby', '--version'] }],
      run: ['ruby', 'token-then-users.rb'],
      trust: SSL_CERT_FILE,
    },
    {
      file: 'token-then-users.php',
      needs: [
        { name: 'PHP', probe: ['php', '--version'] },
        { name: "PHP's curl extension", probe: ['php', '-r', 'exit(extension_loaded("curl") ? 0 : 1);'] },
      ],
      run: ['php', 'token-then-users.php'],
      trust: SSL_CERT_FILE,
    },
    {
      file: 'token-then-users.go',
      needs: [{ name: 'Go', probe: ['go', 'version'] }],
      build: () => [['go', 'build', '-o', binary('go'), 'token-then-users.go']],
      run: [binary('go')],
      trust: macOS ? undefined : SSL_CERT_FILE,
    },
    {
      file: 'TokenThenUsers.java',
      needs: [
        { name: 'a JDK', probe: ['javac', '-version'] },
        {
          name: 'Unirest 4 and gson in CLASSPATH',
          probe: ['javap', 'kong.unirest.core.Unirest', 'kong.unirest.modules.gson.GsonEngine', 'com.google.gson.Gson'],
        },
      ],
      build: (caFile) => [
        // biome-ignore format: a command reads best as one line
        ['keytool', '-importcert', '-noprompt', '-alias', 'kindred', '-file', caFile, '-keystore', trustStore, '-storepass', 'changeit'],
      ],
      run: ['java', 'TokenThenUsers.java'],
      trust: () => ({
        options: [`-Djavax.net.ssl.trustStore=${trustStore}`, '-Djavax.net.ssl.trustStorePassword=changeit'],
      }),
    },
    {
      file: 'csharp/Program.cs',
      needs: [
        { name: 'the .NET SDK', probe: ['dotnet', '--version'] },
        { name: 'RestSharp, from NuGet', probe: ['dotnet', 'restore', binary('csharp')] },
      ],
      build: () => [['dotnet', 'build', '--no-restore', '--output', binary('csharp/out'), binary('csharp')]],
      run: ['dotnet', binary('csharp/out/TokenThenUsers.dll')],
      trust: macOS ? undefined : SSL_CERT_FILE,
    },
    {
      file: 'token-then-users.swift',
      needs: [{ name: 'Swift', probe: ['swiftc', '--version'] }],
      build: () => [['swiftc', 'token-then-users.swift', '-o', binary('swift')]],
      run: [binary('swift')],
    },
    {
      file: 'token-then-users.m',
      needs: [
        { name: 'clang', probe: ['clang', '--version'] },
        {
          name: "Foundation's headers",
          probe: [
            'sh',
            '-c',
            `echo '#import <Foundation/Foundation.h>' | ${objectiveC} -x objective-c - -c -o '${binary('probe.o')}'`,
          ],
        },
      ],
      build: () => [
        ['sh', '-c', `${objectiveC} token-then-users.m ${objectiveCLibraries} -o '${binary('objective-c')}'`],
      ],
      run: [binary('objective-c')],
      trust: macOS ? undefined : (caFile) => ({ env: { GS_TLS_CA_FILE: caFile } }),
    },
  ]
}
