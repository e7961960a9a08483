const views = [
  ...(['search', 'trace', 'compare', 'store', 'blocks', 'block', 'rates'] as const),
  ...(['services', 'durations', 'cluster'] as const),
] as const

/** Where the reader is, kept in the fragment of the address so that it can be sent to others. */
export interface Place {
  view: (typeof views)[number]
  query: string
  /** A length of time that ends now, as in TraceQL; `all` is all there is; empty where `from` and `to` count, in ms. */
  last: string
  from: string
  to: string
  limit: string
  trace: string
  /** The id of the span of that trace that is chosen at first; empty for the first one. */
  span: string
  /** Ids of traces that are compared, or will be, with commas between. */
  marked: string
  /** How two traces are compared. */
  layout: 'merged' | 'sides'
  /** Tenant and id, with a slash between. */
  block: string
  /** Whose spans are asked for; empty where none is named. */
  tenant: string
}

const usual: Place = {
  view: 'search',
  query: '{ }',
  last: 'all',
  from: '',
  to: '',
  limit: '20',
  trace: '',
  span: '',
  marked: '',
  layout: 'merged',
  block: '',
  tenant: '',
}

export function readPlace(): Place {
  const given = new URLSearchParams(location.hash.slice(1))
  const place = { ...usual }
  for (const name of Object.keys(usual) as (keyof Place)[]) {
    const value = given.get(name)
    if (value !== null) place[name] = value as never
  }
  return views.includes(place.view) ? place : { ...place, view: usual.view }
}

export function hrefOf(place: Partial<Place>): string {
  const whole = { ...usual, ...place }
  const changed = (Object.keys(usual) as (keyof Place)[]).filter(name => whole[name] !== usual[name])
  return `#${new URLSearchParams(changed.map(name => [name, whole[name]]))}`
}

/** The ids of the traces that are marked at a place. */
export function markedIn({ marked }: Pick<Place, 'marked'>): string[] {
  return marked.split(',').filter(id => id !== '')
}

/** The marks of a place with a trace more, or one less where it has it; of more than two the last two. */
export function toggledMark(place: Pick<Place, 'marked'>, traceId: string): string {
  const marked = markedIn(place)
  const next = marked.includes(traceId) ? marked.filter(id => id !== traceId) : [...marked, traceId].slice(-2)
  return next.join()
}
