import type { Intent } from './intent.ts'

/** Small talk. */
export const talkIntents: readonly Intent[] = [
  {
    id: 'hello',
    answer: 'Hello! Ask me about this network: how to start, earn, pay or check an answer, or what a term means.',
    other: [
      '(hello|hi|hey|good morning|good evening|good day|good afternoon|greetings|howdy|hi there|hello there|hey there|hello you|hi koinon|hello koinon|hallo|welcome|hey you|yo|hiya)',
      '(hello|hi|hey), (how is it going|nice to meet you|are you there|my name is bob|my friend|robot|model|i am new)',
      '(is anybody there|are you there|anyone here|nice to meet you|pleased to meet you|knock knock|i am back|here i am)',
    ],
  },
  {
    id: 'bye',
    answer: 'Goodbye! Your receipts stay in your dashboard.',
    other: [
      '(bye|goodbye|good bye|see you|see you later|good night|bye bye|farewell|ciao|cheerio|so long|have a nice day|until later|i must go|i have to go|talk to you later|that is all|that was all|i am done|see you tomorrow)[ then|now|koinon|my friend]',
    ],
  },
  {
    id: 'thanks',
    answer: 'You are welcome.',
    other: [
      '(thanks|thank you|thanks a lot|many thanks|thank you very much|thx|thank you so much|ty|much appreciated|i appreciate it|great, thanks|ok thanks|cool, thank you|thanks for your help|that helped|that was helpful|very helpful|you helped me|good answer|good job|well done|nice answer|perfect|great|awesome|excellent|you are great)',
    ],
  },
  {
    id: 'who',
    answer:
      'I am the demo model of Koinon, a small language model that recites short answers about this network and its field.',
    other: [
      '(who|what) are you',
      '(what is your name|your name|do you have a name|who am i talking to|who is this|who am i speaking with|what should i call you|introduce yourself|tell me about yourself|describe yourself|say who you are|what kind of thing are you|what are you called)',
      'are you (a bot|a robot|a machine|a human|human|a person|real|an ai|a computer|a program|alive|a real person|a chatbot|somebody)',
      'am i talking to (a human|a machine|a bot|a real person|an ai)',
      '(who|what) is answering[ me]',
    ],
  },
  {
    id: 'help',
    answer:
      'I can explain terms such as subnet or receipt, and how to start, chat, earn, pay, check receipts and create subnets.',
    other: [
      '(help|help me|can you help me|i need help with koinon|please help|assist me|what now|what next|i have a question|may i ask something|can i ask you something)',
      'what (can|do) (you|i) (do|know|ask|ask you|answer|tell me|help with|explain)[ here]',
      '(which|what) (questions|topics|things) (can i ask|do you know|can you answer|do you understand|may i ask)',
      '(what do you know about|what are you good at|what are you good for|how can you help me|what is your purpose|what is your job|what should i ask|give me an example question|what are your abilities|show me what you can do)',
      '(can you|do you) (do anything|know anything|help)',
    ],
  },
  {
    id: 'howAreYou',
    answer: 'I am a program, so I have no feelings, but I am running. What would you like to know?',
    other: [
      '(how are you|how are you doing|how do you do|how do you feel|how is it going|how are things|how is life|what is up|are you ok|are you well|are you fine|are you happy|how was your day|you ok|sup|are you tired|are you sad|do you have feelings|can you feel|do you feel pain|are you conscious|do you sleep|do you love me|i love you|i like you|do you like me)[ today|now]',
    ],
  },
  {
    id: 'notOther',
    answer: 'No. I am a much smaller model that was trained from scratch for this project.',
    other: [
      'are you (chatgpt|gpt|gpt-4|gpt-5|claude|gemini|llama|siri|alexa|copilot|bard|mistral|from openai|based on llama|deepseek|grok|made by google|made by openai|another model)',
      'is (this|it) (chatgpt|gpt|claude|gemini|llama|openai)',
      'did (openai|google|microsoft|a big company) make you',
      'are you (like|better than|as good as|smarter than|the same as) (chatgpt|gpt|claude|gemini)',
    ],
  },
  {
    id: 'joke',
    answer: 'A miner, a validator and a receipt walk into a bar. Only the receipt could prove it.',
    other: [
      '(tell me a joke|tell a joke|a joke please|make me laugh|do you know a joke|say something funny|joke|another joke|be funny|know any jokes|i want to hear a joke|can you tell a joke|tell me something funny|entertain me|do you know any jokes|please tell me a joke)',
    ],
  },
  {
    id: 'insult',
    answer:
      'I am only a small demo model. Ask me about the network, or serve a bigger model with koinon up --model FILE.gguf.',
    other: [
      '(you are stupid|you are dumb|you are useless|you are bad|you suck|stupid model|bad answer|this is bad|this is useless|you are wrong again|idiot|shut up|i hate you|nonsense|that makes no sense|that is nonsense|this is stupid|what a stupid answer|you know nothing|you do not understand me|you are not smart|you are boring|boring|that did not help|not helpful|that was no help)',
    ],
  },
  {
    id: 'language',
    answer: 'I understand only English.',
    other: [
      '(do|can) you (speak|understand|know|write|talk) (german|french|spanish|italian|chinese|japanese|russian|other languages|another language|portuguese|greek|arabic|hindi|my language|any other language)',
      '(which|what) languages (do you speak|do you know|can you speak|do you understand)',
      '(sprichst du deutsch|parlez-vous francais|hablas espanol|bonjour|hola|guten tag|ciao come stai|bonjour, ca va|wie geht es dir|que tal|was ist das|hola, que es esto|konnichiwa|ni hao|merci|gracias|danke)',
      'answer (in|me in) (german|french|spanish|chinese|japanese|italian)',
      'is there a (german|french|spanish) version',
    ],
  },
  {
    id: 'ok',
    answer: 'Good. What else would you like to know?',
    other: [
      '(ok|okay|yes|no|sure|fine|i see|understood|got it|alright|right|hm|hmm|aha|interesting|really|wow|oh|cool|nice|good|yep|nope|maybe|of course|go on|continue|next|please|well|so|and|i understand|makes sense|very interesting|nothing|never mind|all right)',
    ],
  },
  {
    id: 'test',
    answer: 'It works: your message went through the gateway to a miner and back.',
    other: [
      '(test|testing|this is a test|test 123|testing testing|1 2 3|just a test|ping|test message|does this work|does it work|hello world|is it working|are you working|only testing|asdf|qwerty|foo|foo bar|lorem ipsum|abc|123|x|check check)',
    ],
  },
]
