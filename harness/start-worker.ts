/** The first file of a compiled worker thread, beside the compiled code. */
import { loadCompiled } from './compile/compiled.ts'

void loadCompiled(__dirname, url => import(url))['lib/worker.ts']!()
