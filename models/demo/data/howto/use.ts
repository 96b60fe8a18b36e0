import type { Intent } from '../intent.ts'

/** Starting, stopping and using a network. */
export const useIntents: readonly Intent[] = [
  {
    id: 'start',
    answer:
      'Run npm start in the repository. It installs what is missing, starts a local network and prints the address of the dashboard.',
    verbs: [
      '(start|run|launch|boot|bring up|set up|fire up|spin up|begin with) {net}',
      '(start|begin|get started|get going|set everything up)',
      'get {net} (running|started|going|up)',
      '(install|set up|try|try out|test) (koinon|this|this software|it)',
      'start (a|my|the) (network|local network|node|devnet)',
      'run (a|my own|the whole|my first) network (on|at) (my|this) (laptop|machine|computer|pc)',
    ],
    other: [
      '(first steps|quick start|quickstart|getting started|setup|installation|install guide)',
      'what is the (first step|very first step|first thing to do)',
      'where (do|should) i (begin|start)',
      'what do i (do|run|type|need to do) (first|to start|to begin|after cloning|after the download)',
      'i (have|just) (downloaded|cloned|installed) (it|the code|the repository|koinon)[ ](what next|how do i go on|what now|how do i run it)',
      'i am new[ here], (where do i start|how do i start|what do i do first)',
      'what does npm start do',
      'which command starts {net}',
      'how does one start here',
      '(start|launch|run) koinon',
    ],
  },
  {
    id: 'stop',
    answer:
      'Press Ctrl-C in the window where it runs, or run npx koinon down. Even a hard kill loses nothing that was acknowledged.',
    verbs: [
      '(stop|quit|end|close|exit|shut down|halt|terminate|switch off|turn off|kill) {net}',
      '(stop|quit|exit|leave|shut down|turn everything off)',
      'shut {net} (down|off)',
      'stop (a|my|the) (node|network|gateway|provider|program|process|server)',
      'make it stop',
    ],
    other: [
      'which (key|keys) (stop|stops|end|ends) (it|the network)',
      'how does one (stop|end|quit) (it|the network)',
      'is ctrl-c (safe|fine|enough|the right way)',
      'what happens when i press ctrl-c',
      'i want it to stop',
      'how do i get out of (it|here|this)',
      '(stop|shutdown|quit|exit|end) koinon',
      '(koinon down|what does koinon down do|stop command|down)',
    ],
  },
  {
    id: 'crash',
    answer:
      'Nothing that was acknowledged is lost. The chain journal and all receipts are on disk first, and the next start replays them.',
    verbs: [
      'recover (from a crash|after a crash|after a power cut|after kill -9)',
      'restart (after|following) (a crash|a power failure|an error)',
    ],
    other: [
      'what (happens|is lost|do i lose|goes missing) (if|when) (it|the node|the program|koinon|the network|my machine|my pc) (crashes|is killed|dies|loses power|reboots|freezes)',
      'what (happens|is lost) (after|on|during) a (crash|power cut|power failure|hard kill|blackout|sudden reboot)',
      'is (it|koinon|the network|my data) (crash safe|safe against crashes|safe after a crash|safe when power fails)',
      'do i lose (data|anything|receipts|money|my work|transactions) (if it crashes|in a crash|when the power goes out|after a power cut)',
      'can a crash (destroy|delete|damage|corrupt) (my data|the chain|my money|receipts)',
      'how (safe|durable|reliable) is the local chain',
      'will my (data|receipts|balance|money) survive a (crash|restart|reboot|power cut)',
      'i killed the process, is (my data|everything|anything) (lost|gone|still there)',
    ],
  },
  {
    id: 'requirements',
    answer:
      'You need Node 20.19 or newer and npm. No GPU, no account and no download of a model is needed for the local network.',
    verbs: ['know (what i need|the requirements)'],
    other: [
      'what (do|will|would) i need[ to (run|start|use|install) (it|koinon|this|the network)]',
      'what (is|are) (needed|required|the requirements|the prerequisites|the minimum requirements)[ to (run|start|use) (it|koinon|this)]',
      '(which|what) (node|node.js|npm) version (do i need|is required|should i have|works)',
      'which (programs|tools|software|packages) (do i need|must i install|are required|must be installed)',
      'how much (memory|ram|disk|disk space) (does it need|do i need|is needed)',
      'do i need (docker|an account|a download|to register|to sign up|a wallet|python|a server|node)[ first|for this]',
      '(requirements|prerequisites|system requirements|dependencies)',
      'what must (i have|be installed) (before|before i start|first)',
      'is (node 22|node 24|npm) (needed|enough|required|supported)',
      'what hardware (do i need|is needed|is required)',
    ],
  },
  {
    id: 'gpuNeeded',
    answer: 'No. The demo model runs on a CPU. A GPU only helps with larger models.',
    verbs: ['(run|use|start) (it|koinon|this|a node) (without a gpu|on a cpu|with only a cpu)'],
    other: [
      '(do|must|should) i (need|have|buy|own|use) a (gpu|graphics card|video card|strong gpu|big gpu|good graphics card)',
      'is a (gpu|graphics card|video card) (needed|required|necessary|a must|mandatory)',
      '(can|does|will) (it|koinon|this|the model|the network) (run|work) (without a gpu|on a cpu|on a normal computer|on an old laptop|on a cheap machine|with no graphics card)',
      'is a (cpu|normal pc|laptop|simple computer) (enough|sufficient|fine)',
      'i (have|own) no (gpu|graphics card)[, (can i still|is that ok|does it work)]',
      'what if i (have no|do not have a) (gpu|graphics card)',
      'does it (need|use|require) (a gpu|cuda|nvidia|a graphics card)',
      'can a (cpu|laptop|raspberry pi|mini pc) (serve|run) (a model|the model|requests)',
    ],
  },
  {
    id: 'platforms',
    answer: 'Koinon runs on Node and is tested on Linux. Mac and Windows may work, but nobody has tested them here.',
    verbs: [
      '(run|use|install) (it|koinon|this) (on|under) (windows|mac|macos|ubuntu|debian|linux|my macbook|a raspberry pi)',
    ],
    other: [
      '(does|will|can) (it|koinon|this) (run|work) (on|under) (windows|mac|macos|linux|ubuntu|debian|apple|a macbook|wsl|android|my phone|a phone|arm)',
      'which (operating system|os|platform|platforms|systems) (does it support|is supported|are supported|do i need|does it need|is tested)',
      'is (windows|mac|macos|linux|apple|android) (supported|ok|possible|tested|fine)',
      'do (windows|mac|linux) users have a chance',
      'on (what|which) (systems|computers|platforms|operating systems) does it (run|work)',
      'do i need linux',
      '(windows|mac|macos|linux|ubuntu) (support|version)',
    ],
  },
  {
    id: 'dashboard',
    answer: 'Open http://127.0.0.1:8402 in a browser while the network runs. The same port serves the API.',
    verbs: [
      '(open|see|view|find|use|show|visit|reach|look at) the (dashboard|web page|website|web app|web interface|browser page|control panel|ui|screen)',
      'open (it|koinon|the page) in (a|my|the) browser',
    ],
    other: [
      'where is the (dashboard|web page|website|ui|user interface|web interface|page|control panel|chat page)',
      '(what|which) (is the|) (address|url|link) (of|for) the (dashboard|web page|website|ui|web interface)',
      'is there a (dashboard|web page|website|gui|user interface|graphical interface|web app|screen)',
      'which (page|address|url|link) do i open[ in the browser]',
      'does it have a (dashboard|web page|gui|user interface|graphical interface)',
      'how do i get to the (dashboard|page|website)',
      '(dashboard url|dashboard address|dashboard link|web page address)',
      'what do i open in my browser',
    ],
  },
  {
    id: 'chat',
    answer:
      'Run npx koinon chat, or use the chat on the dashboard. Each answer shows who answered, what it cost and how it was checked.',
    verbs: [
      '(chat|talk|speak) (with|to) (the model|a model|the network|koinon|you|the ai|the demo model|an ai)',
      '(ask|put|send) (a|my|the) (question|prompt|message)[ to (the model|the network|koinon|you)]',
      '(use|start|open) (the chat|a chat|chat)',
      'ask (the network|a model|the model|koinon|you) (something|a question|anything)',
      'get an answer[ from (the network|the model|a model)]',
    ],
    other: [
      'where (can|do) i (chat|ask|ask questions|talk to you|type my question|put my question)',
      'is there a (chat|chat command|chat window|chat page|chat interface)',
      'which command (starts|opens) (the chat|a chat)',
      'what does koinon chat do',
      'how does (chat|the chat|chatting) work',
      '(koinon chat|chat command|chat from the command line|chat in the terminal)',
      'can i (chat|talk) (here|with you|in the terminal|on the command line)',
    ],
  },
  {
    id: 'keysCreate',
    answer:
      'Run npx koinon keys create. It prints a new API key with its own payment channel; the deposit is the most that key can spend.',
    verbs: [
      '(create|make|get|generate|obtain|issue|add|order|request) (an|a new|another|my own|one more|my first) (api key|key|access key|token for the api|key for the api|key for my application|key for my agent)',
      '(create|make|generate|get) (api keys|keys|access keys|keys for my apps)',
    ],
    other: [
      'where (do|can) i (get|find|create|make) (an|my|the) api key',
      'where do (api keys|keys) come from',
      'which command (creates|makes|gives me|generates) (an|a new) api key',
      'what does koinon keys create do',
      'i need an api key',
      'my (app|agent|program|script|bot) needs (an api key|a key|its own key)',
      'can i have (two|several|more|many|more than one) (api keys|keys)',
      '(new api key|create api key|koinon keys create|keys create)',
      'how do keys work here',
    ],
  },
  {
    id: 'openaiSdk',
    answer:
      'Set the base URL of the SDK to http://127.0.0.1:8402/v1 and use your Koinon API key. Nothing else in your code changes.',
    verbs: [
      '(use|point|connect|set up|configure) the openai (sdk|library|client|package|python library|node library)[ with (koinon|this|it|the gateway)]',
      'point (the openai sdk|my openai client|my client|my app|my code|openai) (at|to) (koinon|the gateway|it|this network|your gateway)',
      '(connect|use) (langchain|open webui|the ai sdk|my app|my application|my chatbot|llamaindex|continue) (to|with) (koinon|it|this|the gateway)',
      'call (the api|it|koinon|the gateway|the model) from (python|javascript|typescript|my code|my app|node|curl|a program)',
    ],
    other: [
      '(is|are) (it|you|koinon|the api|the gateway) openai compatible',
      'is there an (openai compatible api|openai endpoint|api|http api|rest api)',
      'does (it|koinon|the gateway|this) (work|run|go) with (openai|the openai sdk|openai clients|langchain|the ai sdk|open webui)',
      '(what|which) (is the|) (base url|api url|endpoint|api address|openai url)[ do i (use|set|need)]',
      'can i (use|keep) (my|the) openai (code|sdk|client|library|app)',
      'which (sdk|library|client) (can|should|do) i use',
      'do i have to (change|rewrite) my (openai code|code|app)',
      'how does the api work',
      '(openai sdk|base url|openai base url|api endpoint|openai api)',
    ],
  },
  {
    id: 'streaming',
    answer:
      'Set stream to true in the request. The tokens arrive as server-sent events, and the receipt comes with them.',
    verbs: [
      '(stream|get a stream of) (answers|the answer|tokens|the tokens|the output|responses|a response)',
      '(turn on|enable|use|switch on|activate) streaming',
      'get (the answer|tokens|the text|the output) (piece by piece|one by one|as it is written|while it is written|live|token by token)',
    ],
    other: [
      '(does|can) (it|koinon|the api|the gateway) (stream|support streaming|do streaming|stream answers|stream tokens)',
      'is streaming (supported|available|there|on|allowed)',
      'what does stream true do',
      'how does streaming work here',
      'are answers (streamed|sent piece by piece)',
      'is there (streaming|sse|an event stream)',
      '(stream true|sse|server-sent events|streaming mode)',
    ],
  },
  {
    id: 'modelsList',
    answer: 'Call GET /v1/models on the gateway, or look at the dashboard. The name default always works.',
    verbs: [
      '(list|see|show|find|get|look up) (the|all|all the|available|my) models',
      '(choose|select|pick) (a|the|another|my) model[ in a request]',
      'find out which models (there are|are served|are offered|exist)',
    ],
    other: [
      '(which|what) models (are there|are available|do you have|does it have|are served|are offered|exist|can i choose|can i call|does the network serve)',
      'what is the name of the (model|default model)',
      '(which|what) model name (do i use|should i send|do i put in|works)',
      'is there a list of models',
      'how many models are there',
      'what does the model default mean',
      '(model list|models endpoint|list models|available models)',
    ],
  },
  {
    id: 'ownModel',
    answer: 'Start with npx koinon up --model FILE.gguf. Any GGUF file that llama.cpp can load will do.',
    verbs: [
      '(use|run|serve|load|add|offer|host|bring) (my own|another|a different|a bigger|a better|a larger|a real|my|a second) (model|gguf|gguf file|language model|llm)',
      '(replace|change|swap) the (demo model|model|small model|built-in model)',
      'run (llama|qwen|mistral|gemma|a 7b model|an 8b model)[ (here|with koinon|on my node)]',
    ],
    other: [
      'can (it|koinon|a provider|i) (load|use|serve|run|host) (other|bigger|my own|any|real|larger) models',
      'which (model files|file formats|models|formats) can (i load|it load|i use|a provider serve)',
      'does it (load|run|support) (gguf files|gguf|other models|big models)',
      'i have a gguf file[, what now|, how do i use it|, can i use it]',
      'where (do i put|goes) (the|a|my) (gguf|gguf file|model)',
      'what does the model option do',
      '(own model|custom model|other models|bigger models)',
    ],
  },
  {
    id: 'ports',
    answer:
      'Use npx koinon up --port N for the gateway and --rpc-port N for the chain. The defaults are 8402 and 8545.',
    verbs: [
      '(change|set|choose|pick|move|select) the (port|ports|gateway port|rpc port|chain port|port number)',
      '(run|start) (it|koinon|the gateway|a second network) on (another|a different|a free|port 9000|some other) (port|ports|one)',
    ],
    other: [
      '(which|what) (port|ports) (does it use|are used|is it on|does the gateway use|is the default|are the defaults|does koinon use|does the api use)',
      'port (8402|8545) is (in use|busy|already used|blocked|occupied|not free)',
      'what is (on|at) port (8402|8545)',
      'the port is (in use|taken|busy|already used)',
      'it says the port is (in use|taken|busy)',
      'can i use (port 3000|port 8080|a different port|other ports)',
      '(default ports|port numbers|change port|ports|rpc port)',
      'can i run two networks at once',
    ],
  },
  {
    id: 'json',
    answer:
      'Add --json to any command. It prints one JSON object, never prompts, and exits with 0 ok, 1 failed, 2 usage or 3 retry.',
    verbs: [
      '(get|print|have|produce) (json|json output|output as json|output in json|structured output)',
      '(use|call|run) (koinon|the cli|the commands|the command line) (in|from) (a script|scripts|my script|a pipeline|automation|ci)',
    ],
    other: [
      '(is|can) the (cli|command line|output) (scriptable|be scripted|machine readable|be parsed|in json)',
      'does (the cli|koinon|the command line|every command) (have|support|print|speak) json[ output]',
      '(which|what) exit (code|codes|status) (does it use|are there|mean what|do the commands have)',
      'what does (the json option|--json|exit code 3|exit code 2) (do|mean)',
      'is there (json output|a json mode|machine readable output)',
      '(json output|--json|exit codes|scripting)',
    ],
  },
  {
    id: 'bind',
    answer:
      'By default only this machine can reach it: it binds 127.0.0.1. Use --host to open it, and only behind TLS and a firewall.',
    verbs: [
      '(reach|use|open|access) (it|the gateway|the dashboard|koinon) from (another computer|outside|my phone|the internet|a different machine|my other laptop|my local network|anywhere)',
      '(expose|publish|share|open) (it|the gateway|my node|the port|the api) (to (others|the internet|my team|the world|my network)|on the internet|publicly)',
      'let (others|other people|my team|friends|other machines) (use|reach|access) (it|my gateway|the gateway|my node)',
    ],
    other: [
      '(can|could) (others|other people|strangers|anyone|the internet|my neighbours) (reach|access|see|use|get into) (it|my node|my gateway|the dashboard|my network)',
      'is (it|my node|the gateway|the port|the dashboard) (open|public|exposed|visible|reachable)[ (to others|to the internet|from outside|to the world)]',
      'which (address|ip|host|interface) does it (bind|listen on|use)',
      'does it (listen|bind) (on localhost|on all interfaces|only locally|to 127.0.0.1)',
      'is remote access possible',
      '(remote access|bind address|localhost only|expose gateway)',
    ],
  },
  {
    id: 'offline',
    answer: 'Yes. After the first install a local network needs no internet, and it sends nothing home.',
    verbs: [
      '(use|run|work with) (it|koinon|the network|this) (offline|without internet|without a connection|on a train|without wifi)',
    ],
    other: [
      '(does|can|will) (it|koinon|this|the network|the local network) (work|run|function|be used) (offline|without internet|without a network connection|without wifi|with no connection)',
      'do i need (internet|an internet connection|to be online|wifi|a connection)',
      'must i be online',
      'does it (send data|send anything|call home|report home|collect telemetry|track me|have telemetry)',
      'is (internet|a connection|an internet connection) (needed|required|necessary)',
      'is there (telemetry|tracking)',
      'does it (talk to|contact|connect to) (a server|servers outside|the cloud)',
      '(offline mode|offline use|offline)',
    ],
  },
]
