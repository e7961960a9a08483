import { useEffect, useRef, useState } from 'preact/hooks'
import { type Completion, complete } from './completion.ts'

interface Props {
  text: string
  onText(text: string): void
  onRun(query: string): void
}

const nothing: Completion = { from: 0, to: 0, items: [] }

/** A text that someone changes, and that is the query again when that changes. */
export function useQueryText(query: string): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(query)
  useEffect(() => setText(query), [query])
  return [text, setText]
}

/** The text of a query, with what may stand at the caret below it. */
export function QueryBox({ text, onText, onRun }: Props) {
  const [offered, setOffered] = useState(nothing)
  const [chosen, setChosen] = useState(-1)
  const box = useRef<HTMLTextAreaElement>(null)
  const asked = useRef(0)
  const close = () => {
    asked.current++
    setOffered(nothing)
    setChosen(-1)
  }
  const offer = async (value: string, caret: number) => {
    const turn = ++asked.current
    const found = await complete(value, caret)
    if (turn !== asked.current) return
    setOffered(found)
    setChosen(-1)
  }
  const take = (item: string) => {
    const next = text.slice(0, offered.from) + item + text.slice(offered.to)
    const caret = offered.from + item.length
    onText(next)
    close()
    requestAnimationFrame(() => {
      box.current?.focus()
      box.current?.setSelectionRange(caret, caret)
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const { length } = offered.items
    if (length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      setChosen((chosen + (event.key === 'ArrowDown' ? 1 : chosen < 0 ? 0 : -1) + length) % length)
    } else if (length > 0 && (event.key === 'Tab' || event.key === 'Enter') && chosen >= 0) take(offered.items[chosen]!)
    else if (event.key === 'Escape' && length > 0) close()
    else if (event.key === 'Enter' && !event.shiftKey) {
      close()
      onRun(text)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="query">
      <textarea
        ref={box}
        id="query"
        aria-label="TraceQL query"
        aria-controls="offered"
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `offered-${chosen}` : undefined}
        rows={Math.min(8, text.split('\n').length)}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={event => {
          const { value, selectionStart } = event.currentTarget
          onText(value)
          void offer(value, selectionStart)
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setTimeout(close, 150)}
      />
      <div id="offered" role="listbox" aria-label="Completions" hidden={offered.items.length === 0}>
        {offered.items.map((item, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text box, which has the focus
          <div
            key={item}
            id={`offered-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onMouseDown={event => event.preventDefault()}
            onClick={() => take(item)}
          >
            {item}
          </div>
        ))}
      </div>
    </div>
  )
}
