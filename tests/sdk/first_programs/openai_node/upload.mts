import { createReadStream } from 'node:fs';
import OpenAI from 'openai';

const client = new OpenAI();
const file = await client.files.create({ file: createReadStream(process.argv[2]!), purpose: 'user_data' });
console.log(file.id);
