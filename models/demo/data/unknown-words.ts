/** Words outside the field, by how they are asked about. Every third word of `things` and `computing` is held out. */

/** Everyday things and ideas, asked with the same templates as the terms of the glossary. */
export const things: readonly string[] =
  `apple banana cherry grape lemon melon mango peach pear plum strawberry tomato potato carrot onion garlic cabbage lettuce spinach pumpkin
cucumber mushroom bean corn rice wheat bread butter cheese milk cream yogurt honey sugar salt pepper vinegar soup salad pizza pasta noodle
sandwich burger sausage bacon omelette pancake cookie cake pie chocolate candy coffee tea juice beer wine whisky lemonade water dog cat horse
cow sheep goat pig chicken duck goose turkey rabbit mouse rat squirrel fox wolf bear lion tiger leopard elephant giraffe zebra camel kangaroo
koala panda monkey gorilla dolphin whale shark octopus salmon tuna crab lobster shrimp snail frog toad snake lizard turtle crocodile eagle owl
sparrow crow parrot penguin swan pigeon ant wasp butterfly spider mosquito beetle worm tree oak birch maple bamboo rose tulip lily daisy
sunflower cactus grass moss fern forest jungle desert mountain hill valley river lake ocean island beach volcano glacier cave waterfall swamp
rain snow storm thunder lightning rainbow fog wind hurricane earthquake tornado flood drought winter summer spring autumn morning evening night
sun moon star planet comet asteroid galaxy telescope rocket satellite astronaut gravity magnet electricity battery engine wheel bicycle car
truck bus train tram airplane helicopter boat ship submarine tunnel road highway street airport harbor station house castle palace tower
church temple mosque school university library museum theater cinema hospital pharmacy prison factory farm garden kitchen bedroom bathroom
window door roof wall floor ceiling stairs chair table bed sofa lamp mirror carpet curtain pillow blanket clock watch calendar umbrella hat
shirt jacket coat trousers dress skirt shoe boot sock glove scarf belt ring necklace bracelet hammer nail saw drill screwdriver wrench knife
fork spoon plate cup bottle pot oven stove fridge toaster kettle broom bucket soap towel toothbrush comb scissors needle thread button zipper
paper pencil pen brush paint canvas statue poem novel story song violin piano guitar drum trumpet flute orchestra opera ballet concert film
camera photograph newspaper magazine letter envelope stamp postcard dictionary map compass nurse dentist teacher farmer baker butcher
carpenter plumber painter sculptor actor dancer singer poet writer lawyer judge soldier sailor pilot firefighter policeman king queen prince
knight pirate wizard witch dragon unicorn vampire ghost giant fairy football tennis basketball baseball hockey golf swimming boxing skiing
skating chess poker marathon olympics heart brain lung liver kidney stomach bone muscle skin blood tooth eye ear nose tongue hand foot knee
elbow shoulder fever cough headache vaccine bacteria virus protein vitamin atom molecule oxygen hydrogen carbon iron gold silver copper lead
diamond crystal sand stone marble concrete glass plastic rubber leather wool cotton silk wood paper algebra geometry calculus triangle circle
square cube fraction equation history geography biology chemistry physics astronomy philosophy psychology sociology grammar alphabet vowel verb
noun adjective democracy monarchy parliament constitution election senator mayor tax inflation mortgage insurance salary pension marriage
divorce birthday wedding funeral christmas easter holiday vacation hotel passport suitcase tourist photosynthesis evolution dinosaur fossil
mammoth pyramid pharaoh gladiator viking samurai ninja emperor renaissance revolution crusade colony slavery feudalism happiness sadness anger
fear love friendship courage wisdom justice beauty truth dream sleep memory yoga meditation karma haiku sonnet metaphor irony sarcasm comedy
tragedy magic horoscope zodiac kite balloon firework sushi taco curry ramen espresso croissant bagel waffle origami karate judo`
    .split(/\s+/)
    .filter((word, index, all) => all.indexOf(word) === index)

/** Computing and money terms that the glossary does not have: near the field, and still unknown. */
export const computing: readonly string[] =
  `javascript python java rust golang haskell perl ruby php kotlin swift fortran cobol html css xml yaml sql regex kubernetes docker ansible
terraform jenkins nginx apache redis mongodb mysql postgres sqlite kafka rabbitmq elasticsearch hadoop spark react angular vue svelte jquery
django flask rails laravel windows macos linux ubuntu debian android ios bluetooth wifi ethernet router modem firewall vpn dns dhcp tcp
udp ftp ssh telnet smtp email browser website keyboard monitor printer scanner joystick webcam laptop tablet smartphone transistor
capacitor resistor motherboard chipset ram rom bios kernel driver shell terminal emacs vim compiler interpreter linker debugger assembler
recursion pointer array stack queue heap hashmap graph trie quicksort mergesort bubblesort semaphore mutex deadlock process
polymorphism inheritance closure monad lambda decorator singleton spreadsheet powerpoint photoshop blender minecraft tetris fortnite youtube
facebook twitter instagram tiktok netflix spotify amazon google microsoft tesla nvidia intel samsung nokia bitcoin dogecoin litecoin
ripple monero cardano polkadot solana uniswap airbnb uber paypal visa mastercard stock yield hedge derivative option future arbitrage
bankruptcy recession deflation credit debit loan invoice accounting firm patent trademark robot drone laser radar sonar hologram
metaverse quantum qubit superposition entanglement perceptron backpropagation convolution autoencoder diffusion dropout overfitting
regression clustering bayes markov turing eliza chatgpt gemini claude copilot siri alexa midjourney wikipedia github gitlab`
    .split(/\s+/)
    .filter((word, index, all) => all.indexOf(word) === index)

/** People nobody taught the model about. */
export const people: readonly string[] =
  `Albert Einstein,Isaac Newton,Marie Curie,Charles Darwin,Galileo,Leonardo da Vinci,Shakespeare,Mozart,Beethoven,Picasso,Napoleon,Julius Caesar,
Cleopatra,Gandhi,Nelson Mandela,Abraham Lincoln,George Washington,Winston Churchill,Queen Victoria,Ada Lovelace,Alan Turing,Nikola Tesla,
Thomas Edison,Bill Gates,Steve Jobs,Elon Musk,Satoshi Nakamoto,Vitalik Buterin,Socrates,Plato,Aristotle,Homer,Goethe,Tolstoy,Jane Austen,
Charles Dickens,Mark Twain,Hemingway,Madonna,Elvis,Michael Jackson,Lionel Messi,Ronaldo,Muhammad Ali,Serena Williams,Usain Bolt,Harry Potter,
Sherlock Holmes,Batman,Superman,Darth Vader,Frodo,Santa Claus,my neighbour,my mother,the pope,the queen,the president,the king of spain`
    .split(',')
    .map((name) => name.trim())

/** Places. */
export const places: readonly string[] =
  `France,Germany,Italy,Spain,Portugal,England,Scotland,Ireland,Norway,Sweden,Finland,Denmark,Poland,Russia,Ukraine,Greece,Turkey,Egypt,Kenya,
Nigeria,Ghana,South Africa,Morocco,India,China,Japan,Korea,Vietnam,Thailand,Indonesia,Australia,New Zealand,Canada,Mexico,Brazil,Argentina,
Chile,Peru,Cuba,Iceland,Paris,London,Berlin,Rome,Madrid,Vienna,Moscow,Cairo,Tokyo,Sydney,New York,Chicago,Texas,California,the Sahara,the Alps,
the Amazon,the Nile,Mars,Venus,Jupiter,Antarctica,Atlantis`
    .split(',')
    .map((name) => name.trim())
