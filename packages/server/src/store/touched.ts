import type { CompiledQuery, OperationNode } from 'kysely'
import { watchedTables } from './store.ts'

/**
 * The watched table that a statement changes, read off its syntax tree; so no handler can forget to tell. Statements
 * written as text have no tree: they must not change a watched table.
 */
export function touchedTable(query: CompiledQuery): string | undefined {
  const target = targetOf(query.query)
  return target !== undefined && watchedTables.has(target) ? target : undefined
}

function targetOf(node: OperationNode): string | undefined {
  const { kind } = node
  if (kind === 'InsertQueryNode') return nameOf((node as { into?: OperationNode } & OperationNode).into)
  if (kind === 'UpdateQueryNode') return nameOf((node as { table?: OperationNode } & OperationNode).table)
  if (kind === 'DeleteQueryNode') {
    const { from } = node as { from?: { froms: readonly OperationNode[] } } & OperationNode
    return nameOf(from?.froms[0])
  }
  return undefined
}

function nameOf(node: OperationNode | undefined): string | undefined {
  const named = node as { table?: { identifier?: { name: string } } } | undefined
  return named?.table?.identifier?.name
}
