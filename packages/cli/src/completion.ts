import type { OperationInfo } from '@kindred/sdk'
import { operations } from '@kindred/sdk/operations'
import { Argument, Command } from 'commander'
import { entries } from './commands.ts'
import type { Terminal } from './terminal.ts'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

const examples = `
For this session:
  $ source <(kindred completion bash)
  $ source <(kindred completion zsh)
  $ kindred completion fish | source

For good:
  $ kindred completion bash > ~/.local/share/bash-completion/completions/kindred
  $ kindred completion zsh > "\${fpath[1]}/_kindred"
  $ kindred completion fish > ~/.config/fish/completions/kindred.fish

The script holds commands, options, operations and their parameters, and starts no program when TAB is pressed. Print it
anew after an update.`

/** Adds `kindred completion`. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .description('Print a script that completes commands, options, operations and their parameters.')
    .addHelpText('after', examples)
    .action(async (shell: Shell) => {
      terminal.stdout.write(scripts[shell](await describeCommands(terminal)))
    })
}

/** A command with its path below `kindred`: `apps secrets`, or nothing for `kindred` itself. */
interface Described {
  path: string
  /** Commands below it, and the values that its argument can have. */
  words: { word: string; about: string }[]
  options: { word: string; about: string }[]
}

async function describeCommands(terminal: Terminal): Promise<Described[]> {
  const program = new Command('kindred').version('')
  for (const { load } of entries) (await load())(program, terminal)
  return described(program, '')
}

function described(command: Command, path: string): Described[] {
  const below = command.commands.map((each) => ({ word: each.name(), about: each.description() }))
  const choices = command.registeredArguments.flatMap(({ argChoices, description }) =>
    (argChoices ?? []).map((word) => ({ word, about: description })),
  )
  const options = command.options.flatMap(({ short, long, description }) =>
    [short, long].filter((word) => word !== undefined).map((word) => ({ word, about: description })),
  )
  if (!options.some(({ word }) => word === '--help')) options.push({ word: '--help', about: 'print help' })
  const rest = command.commands.flatMap((each) => described(each, `${path} ${each.name()}`.trim()))
  return [{ path, words: [...below, ...choices], options }, ...rest]
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const scripts: Record<Shell, (commands: readonly Described[]) => string> = {
  bash: (commands) => `# Completion of kindred for bash. Printed by: kindred completion bash
_kindred() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" operation="" word words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$command $word" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(path.includes(' ') ? path : ` ${path}`)}) command=${quoted(path)} ;;`)
  .join('\n')}
      "api -"*) ;;
      "api "*) [[ -z "$operation" ]] && operation="$word" ;;
    esac
  done
  if [[ "$command" == api && ( "$previous" == -f || "$previous" == --field ) ]]; then
    case "$operation" in
${operations.map((each) => `      ${each.id}) words=${quoted(fields(each).join(' '))} ;;`).join('\n')}
    esac
    compopt -o nospace
  elif [[ "$previous" == --body || "$previous" == --ca-file ]]; then
    return
  elif [[ "$command" == api && -z "$operation" && "$current" != -* ]]; then
    words=${quoted([...methods, ...operations.map(({ id }) => id)].join(' '))}
  else
    case "$command" in
${commands.map(({ path, words, options }) => `      ${quoted(path)}) words=${quoted([...words, ...options].map(({ word }) => word).join(' '))} ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _kindred kindred
`,

  zsh: (commands) => `#compdef kindred
# Completion of kindred for zsh. Printed by: kindred completion zsh
_kindred() {
  local command="" operation="" word i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$command $word" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(path.includes(' ') ? path : ` ${path}`)}) command=${quoted(path)} ;;`)
  .join('\n')}
      "api -"*) ;;
      "api "*) [[ -z "$operation" ]] && operation="$word" ;;
    esac
  done
  local previous="\${words[CURRENT-1]}"
  if [[ "$command" == api && ( "$previous" == -f || "$previous" == --field ) ]]; then
    case "$operation" in
${operations.map((each) => `      ${each.id}) entries=(${fields(each).map(quoted).join(' ')}) ;;`).join('\n')}
    esac
    compadd -S '' -a entries
    return
  fi
  if [[ "$previous" == --body || "$previous" == --ca-file ]]; then
    _files
    return
  fi
  if [[ "$command" == api && -z "$operation" && "\${words[CURRENT]}" != -* ]]; then
    entries=(
${[...methods, ...operations.map(({ id, summary }) => `${id}:${summary}`)].map((each) => `      ${quoted(each)}`).join('\n')}
    )
    _describe operation entries
    return
  fi
  case "$command" in
${commands
  .map(
    ({ path, words, options }) =>
      `    ${quoted(path)}) entries=(${[...words, ...options].map(({ word, about }) => quoted(`${word.replaceAll(':', '\\:')}:${about}`)).join(' ')}) ;;`,
  )
  .join('\n')}
  esac
  _describe command entries
  _files
}
if [[ "$funcstack[1]" == _kindred ]]; then _kindred "$@"; else compdef _kindred kindred; fi
`,

  fish: (commands) => `# Completion of kindred for fish. Printed by: kindred completion fish
function __kindred_at
  set -l words (commandline -opc)[2..-1]
  set -l path
  for word in $words
    contains -- "$path $word" ${commands.map(({ path }) => quoted(path.includes(' ') ? path : ` ${path}`)).join(' ')}
    and set path (string trim "$path $word")
  end
  test "$path" = "$argv[1]"
end
function __kindred_needs_operation
  __kindred_at api; or return 1
  set -l words (string match --invert -- '-*' (commandline -opc))
  test (count $words) -eq 2
end
function __kindred_operation_is
  contains -- $argv[1] (commandline -opc)
end
complete -c kindred -n '__kindred_needs_operation' -f
${operations.map(({ id, summary }) => `complete -c kindred -n '__kindred_needs_operation' -f -a ${quoted(id)} -d ${quoted(summary)}`).join('\n')}
${methods.map((method) => `complete -c kindred -n '__kindred_needs_operation' -f -a ${method}`).join('\n')}
${operations
  .filter((each) => each.parameters.length > 0)
  .map(
    (each) =>
      `complete -c kindred -n '__kindred_operation_is ${each.id}' -s f -l field -x -a ${quoted(fields(each).join(' '))}`,
  )
  .join('\n')}
${commands
  .flatMap(({ path, words, options }) => [
    ...words.map(
      ({ word, about }) =>
        `complete -c kindred -n ${quoted(`__kindred_at '${path}'`)} -f -a ${word} -d ${quoted(about)}`,
    ),
    ...options.map(
      ({ word, about }) =>
        `complete -c kindred -n ${quoted(`__kindred_at '${path}'`)} ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`} -d ${quoted(about)}`,
    ),
  ])
  .join('\n')}
`,
}

function fields({ parameters }: OperationInfo): string[] {
  return parameters.map(({ name }) => `${name}=`)
}

/** For all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
