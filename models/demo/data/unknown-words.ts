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
tragedy magic horoscope zodiac kite balloon firework sushi taco curry ramen espresso croissant bagel waffle origami karate judo
apricot kiwi lime orange pineapple pomegranate blueberry cranberry coconut almond peanut pistachio hazelnut chestnut avocado broccoli
celery asparagus zucchini beetroot radish turnip parsley basil oregano rosemary mint cinnamon nutmeg vanilla saffron mustard ketchup
mayonnaise flour yeast dough biscuit doughnut brownie pudding custard jelly marmalade syrup caramel pretzel cracker cereal porridge
granola lasagna macaroni ravioli risotto burrito quesadilla hummus kebab tofu tempeh meatball ham salami beef lamb veal trout herring cod
anchovy oyster mussel squid caviar egg broth stew casserole pierogi goulash schnitzel tiramisu gelato sorbet smoothie cocktail vodka gin
tequila champagne brandy cappuccino latte matcha kombucha cocoa kitten hamster gerbil hedgehog badger beaver mole bat deer elk reindeer
bison yak alpaca donkey pony foal calf chick rooster hen emu peacock flamingo seagull albatross stork crane woodpecker kingfisher finch
canary cuckoo falcon vulture raven bee hornet fly dragonfly grasshopper cricket termite ladybug caterpillar scorpion tick flea slug
jellyfish starfish walrus seal eel stingray swordfish goldfish catfish rhinoceros hippopotamus panther cheetah hyena coyote lynx cougar
sloth anteater lemur chimpanzee orangutan platypus wallaby opossum raccoon porcupine chipmunk gecko chameleon cobra rattlesnake iris
violet lavender marigold dandelion poppy hydrangea magnolia ivy thistle nettle reed pine spruce cedar elm ash beech palm hazel shrub
prairie savanna tundra cliff ravine dune lagoon bay peninsula fjord reef delta pond puddle geyser avalanche landslide tsunami hail frost
dew drizzle breeze sunrise dawn dusk noon eclipse meteor nebula constellation horizon equator monsoon heatwave climate atmosphere
motorcycle scooter van taxi ambulance skateboard sled sleigh carriage canoe kayak ferry yacht sailboat glider zeppelin parachute runway
hangar lighthouse dock pier dam aqueduct pavement sidewalk roundabout intersection overpass monorail elevator escalator hut cottage cabin
mansion apartment skyscraper igloo tent barn garage greenhouse windmill brewery winery bakery supermarket mall boutique restaurant cafe
canteen nursery monastery cathedral pagoda shrine cemetery monument fountain playground arena gym sauna aquarium circus carnival casino
nightclub embassy attic cellar basement porch terrace chimney gutter doorknob doorbell shelf cupboard wardrobe stool bench armchair crib
mattress duvet shower sink toilet microwave freezer mixer whisk ladle spatula saucepan skillet wok napkin tablecloth candle lantern
chandelier vase jug mug goblet thermos corkscrew sponge vacuum detergent bleach conditioner lotion perfume lipstick mascara razor tissue
diaper bandage stethoscope syringe wheelchair hammock sweater cardigan blouse tuxedo suit jeans shorts leggings bathrobe kimono sari
poncho cape apron bikini sandal slipper heel moccasin beret helmet crown tiara brooch cufflink bowtie suspenders handbag purse luggage
velvet denim lace satin tweed polyester fur suede crochet embroidery tapestry loom ribbon sequin velcro bolt screw chisel axe hatchet
spade rake hoe lawnmower sickle scythe crowbar clamp sandpaper glue brick cement tile slate granite clay porcelain ceramic brass steel
aluminium zinc nickel platinum mercury uranium helium argon nitrogen sulfur calcium sodium potassium silicon chlorine fluorine emerald
sapphire topaz pearl opal jade coal petroleum gasoline kerosene charcoal wax chalk crayon marker palette sketch portrait mosaic fresco
mural pottery calligraphy graffiti comic mask puppet lego jigsaw puzzle dice yoyo trampoline frisbee boomerang dart bowling croquet
badminton volleyball handball rugby softball polo archery wrestling taekwondo aikido gymnastics athletics sprint javelin discus decathlon
cycling rowing sailing snorkeling diving hiking mountaineering snowboarding sledding biathlon rodeo paragliding waltz tango salsa rumba
foxtrot polka tapdance breakdance hiphop reggae disco techno rock blues gospel symphony concerto sonata lullaby anthem melody harmony
chorus cello harp clarinet oboe saxophone trombone tuba accordion banjo ukulele xylophone tambourine cymbal organ synthesizer microphone
headphone gramophone cassette radio television binoculars kaleidoscope periscope barometer sundial pendulum metronome abacus ruler
protractor sharpener stapler notebook textbook encyclopedia atlas blackboard homework exam scholarship classroom lecture essay paragraph
sentence consonant pronoun adverb conjunction apostrophe comma proverb idiom riddle fable legend myth saga epic autobiography screenplay
soliloquy monologue prologue epilogue chapter bibliography librarian professor student pupil tutor architect surveyor mason roofer
electrician mechanic blacksmith goldsmith jeweler seamstress cobbler hairdresser chef waiter bartender maid nanny midwife veterinarian
paramedic optician cardiologist therapist physiotherapist pharmacist chemist biologist astronomer physicist mathematician archaeologist
economist accountant cashier salesman secretary journalist reporter photographer comedian clown magician juggler violinist pianist
conductor composer novelist choreographer fisherman shepherd lumberjack gardener florist fireman lifeguard detective sheriff bodyguard
diplomat minister chancellor governor duchess baron empress tsar monk nun bishop rabbi imam saint angel demon troll dwarf elf werewolf
zombie phoenix minotaur cyclops hydra genie leprechaun yeti banshee flu influenza mumps chickenpox malaria cholera typhoid polio diabetes
asthma allergy arthritis pneumonia bronchitis insomnia anemia epilepsy alzheimer stroke eczema rash blister bruise sprain concussion
nausea constipation sunburn frostbite hiccup antibiotic aspirin insulin penicillin painkiller ointment acupuncture massage transplant
pregnancy birth puberty wrinkle freckle eyebrow eyelash cheek forehead jaw lip neck chest rib hip thigh ankle finger thumb wrist vein
nerve tendon spleen bladder intestine tonsil skull skeleton hormone enzyme chromosome neutron proton electron quark ion isotope acid alloy
lens hypotenuse hexagon pentagon sphere cone rectangle parabola ellipse logarithm integer decimal percentage diameter radius circumference
theorem axiom botany ecology anatomy genetics geophysics oceanography paleontology anthropology linguistics theology aesthetics rhetoric
pedagogy forestry agriculture halloween hanukkah ramadan diwali valentine passover ascension solstice harvest parade barbecue banquet
baptism anniversary honeymoon bachelor groom bridesmaid widow twin cousin nephew uncle aunt grandmother stepmother godfather toddler
republic dictatorship aristocracy communism capitalism fascism conservatism anarchism nationalism humanism buddhism hinduism judaism
christianity atheism referendum ballot campaign coup treaty armistice duel cavalry infantry cannon musket sword spear shield armor
catapult trench fortress moat dungeon throne obelisk sphinx mummy hieroglyph parchment scroll gondola galleon caravel courtroom jury alibi
parole bail burglary arson kidnapping perjury blackmail smuggling piracy homicide custody adoption immigration refugee census embargo
boycott strike riot rebellion famine pandemic quarantine pollution landfill compost envy pride shame guilt despair boredom curiosity
kindness gratitude loneliness grief hatred forgiveness honesty loyalty`
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
regression clustering bayes markov turing eliza chatgpt gemini claude copilot siri alexa midjourney wikipedia github gitlab
assembly algol scheme erlang ocaml scala matlab delphi nim smalltalk awk bash zsh nano vscode xcode notepad outlook publisher indesign
lightroom inkscape audacity vlc itunes autocad sketchup unreal roblox playstation nintendo gameboy sega amiga macintosh iphone kindle
smartwatch gopro kinect walkman fax diskette pendrive dvd punchcard docx pptx png bmp svg mp3 wav avi rar csv ini avro latex unicode utf8
iso rss wsdl graphql pop3 scp snmp kerberos saml icmp bgp rip ipv4 lte 4g cdma rfid lorawan gps hdmi thunderbolt firewire nvme scsi raid
ssd ddr4 uefi partition ntfs ext4 btrfs symlink systemd redhat archlinux suse freebsd solaris msdos symbian vmware qemu vagrant helm istio
saltstack datadog jira trello slack zoom whatsapp snapchat linkedin tumblr vimeo shazam hulu ebay aliexpress shopify wordpress drupal
squarespace salesforce sap cisco lenovo acer toshiba panasonic bosch ericsson xiaomi oneplus broadcom tsmc arduino microcontroller
multimeter diode thyristor rectifier antenna flipflop mainframe minicomputer typewriter cursor trackball touchscreen bitmap shader opengl
directx webassembly deno webpack babel prettier cypress pytest numpy scipy tensorflow keras opencv anaconda spss powerbi snowflake
redshift cassandra couchdb supabase netlify cloudflare azure s3 cloudfront svn perforce scrum agile uml bytecode coroutine enum union
namespace btree radixsort memoization palindrome bitmask malware spyware phishing rootkit antivirus spam steganography enigma rsa sha1
blowfish yubikey fingerprint exoskeleton nanobot gyroscope barcode teleprinter lstm cnn deepmind perplexity cortana duolingo dalle etf
annuity leverage solvency depreciation vat tariff monopoly oligopoly cpi austerity forex yen rupee franc ruble zloty iban ach overdraft
foreclosure nasdaq ftse nikkei venture kickstarter venmo stripe revolut coinbase metamask opensea tether filecoin zcash cosmos shiba nft
taproot ordinals hipaa tort affidavit optics relativity genomics crispr nanotechnology cybernetics aerodynamics metallurgy seismology
epidemiology`
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
