import { OPERATIONS } from './lib/openapi/operations.ts'
import { buildDocument } from './lib/openapi/document.ts'
const d = buildDocument(OPERATIONS,{open:true})
console.log(JSON.stringify(d,null,1))
