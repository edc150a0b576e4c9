import OpenAI, { NotFoundError } from 'openai';

const client = new OpenAI();
try {
  await client.files.retrieve('no-such-file');
} catch (error) {
  if (error instanceof NotFoundError) console.log(error.status, error.requestID);
}
