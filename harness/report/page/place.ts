/** What the page shows, as its fragment keeps it. */
export interface Place {
  /** The run, by its key; the first where it is empty. */
  readonly run: string
  /** The run that it is compared with. */
  readonly with: string
  /** A row whose history is shown. */
  readonly row: string
  /** The header of the column by which rows are sorted. */
  readonly sort: string
  readonly isDown: boolean
  /** Names of rows that are not shown. */
  readonly hidden: readonly string[]
  /** Classes of fidelity that are not shown. */
  readonly left: readonly string[]
}

export function readPlace(): Place {
  const given = new URLSearchParams(location.hash.slice(1))
  const list = (name: string) => given.getAll(name)
  return {
    run: given.get('run') ?? '',
    with: given.get('with') ?? '',
    row: given.get('row') ?? '',
    sort: given.get('sort') ?? '',
    isDown: given.get('down') === '1',
    hidden: list('hide'),
    left: list('leave'),
  }
}

export function hrefOf(place: Place): string {
  const given = new URLSearchParams()
  for (const name of ['run', 'with', 'row', 'sort'] as const) if (place[name] !== '') given.set(name, place[name])
  if (place.isDown) given.set('down', '1')
  for (const name of place.hidden) given.append('hide', name)
  for (const name of place.left) given.append('leave', name)
  return `#${given}`
}

/** A list with a name more, or without it. */
export function toggled(list: readonly string[], name: string): string[] {
  return list.includes(name) ? list.filter(other => other !== name) : [...list, name]
}
