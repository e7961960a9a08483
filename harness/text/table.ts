import { whole } from './format.ts'

/** A text, a number in the unit of its header, several lines, or what was not earned. */
export type Value = string | number | null | readonly string[]

/** A value with its own words for people, where those of its column do not suit. */
export interface Worded {
  readonly value: Value
  readonly words: string
}

/** What stands in a column, by row: values as data, and how they are printed for people. */
export interface Column<T> extends Head {
  value(row: T): Value | Worded
}

interface Head {
  readonly header: string
  readonly align: 'left' | 'right'
  /** The numbers of a right column for people. */
  print(value: number | null): string
  /** How long it stays where there is little room: of two with the same number the left one stays longer. */
  readonly keep: number
  /** Texts that are of no use when cut, such as ids. */
  readonly isWhole: boolean
  /** Whether its texts are of a language that programs read. */
  readonly isCode: boolean
  /** Cells that a text takes at most, however wide the screen is. */
  readonly maxWidth?: number
}

/** A table as data. */
export interface Table {
  /** Names it among several in JSON. */
  readonly name: string
  readonly columns: readonly Head[]
  readonly rows: readonly (readonly (Value | Worded)[])[]
}

type Hints = Partial<Pick<Head, 'keep' | 'isWhole' | 'isCode' | 'maxWidth'>>

/** A column of texts. */
export function text<T>(header: string, value: Column<T>['value'], hints: Hints = {}): Column<T> {
  return { header, value, align: 'left', print: whole, keep: 0, isWhole: false, isCode: false, ...hints }
}

/** A column of numbers; a text among them is printed as it is. */
export function number<T>(header: string, value: Column<T>['value'], print = whole, hints: Hints = {}): Column<T> {
  return { header, value, align: 'right', print, keep: 0, isWhole: true, isCode: false, ...hints }
}

/** A row for each item. */
export function tableOf<T>(items: readonly T[], columns: readonly Column<T>[], name = 'rows'): Table {
  return { name, columns, rows: items.map(item => columns.map(({ value }) => value(item))) }
}

/** The lines of each cell as people read them. */
export function linesOf({ columns, rows }: Table): (readonly string[])[][] {
  return rows.map(row => row.map((value, i) => cellLines(value, columns[i]!)))
}

/** The values of a row. */
export function valuesOf(row: readonly (Value | Worded)[]): Value[] {
  return row.map(value => (isWorded(value) ? value.value : value))
}

function isWorded(value: Value | Worded): value is Worded {
  return typeof value === 'object' && value !== null && 'words' in value
}

function cellLines(value: Value | Worded, { align, print }: Head): readonly string[] {
  if (isWorded(value)) return [value.words]
  if (typeof value === 'number' || (value === null && align === 'right')) return [print(value)]
  return value === null ? [''] : [value].flat()
}
