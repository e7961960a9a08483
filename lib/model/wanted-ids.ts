import type { ScanRequest } from './scan.ts'

/** By need that no span meets which has none of some ids: these ids, as texts. The needs of other columns are left out. */
export function wantedIds({ needs }: Pick<ScanRequest, 'needs'>, column: 'span:id' | 'trace:id'): string[][] {
  return needs.flatMap(need => {
    const lists = need.map(conditions =>
      conditions.find(condition => condition.column === column && condition.relation === '='),
    )
    if (lists.includes(undefined)) return []
    return [lists.flatMap(condition => condition!.operands.filter(operand => typeof operand === 'string'))]
  })
}
