-- Full text: SQLite's FTS5, and the tokenizers of FTS3 and FTS4, on tsvector and tsquery, and exactly on text.
-- Rules: https://www.sqlite.org/fts5.html and https://www.sqlite.org/fts3.html#tokenizer, as of 3.54.
-- A vector finds by position (phrase, NEAR, ^) the first 16,382 tokens of a row, of each at most 255; what does
-- not fit in its 1 MB is not found. Such a vector says that it is cut; fts_search finds it all the same, and
-- fts_holds then reads the text. Not provided: unicode61's option `categories`, tokenizers in C. fts_match, fts_highlight and fts_snippet read the text and have no limit.

-- Characters beyond ASCII that separate tokens in unicode61, for a bracket expression (Unicode 6.1).
CREATE OR REPLACE FUNCTION sqlite._fts_separators() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'\u0080-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df'
     '\u02e5-\u02eb\u02ed\u02ef-\u02ff\u0305\u030d\u030e\u0310\u0312-\u031a\u031c-\u0322\u0329-\u032c'
     '\u032f\u0332-\u036f\u0375\u037e\u0384\u0385\u0387\u03f6\u0482-\u0489\u055a-\u055f\u0589\u058a'
     '\u058f\u0591-\u05c7\u05f3\u05f4\u0600-\u0604\u0606-\u061b\u061e\u061f\u064b-\u065f\u066a-\u066d'
     '\u0670\u06d4\u06d6-\u06e4\u06e7-\u06ed\u06fd\u06fe\u0700-\u070d\u070f\u0711\u0730-\u074a'
     '\u07a6-\u07b0\u07eb-\u07f3\u07f6-\u07f9\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d'
     '\u0830-\u083e\u0859-\u085b\u085e\u08e4-\u08fe\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957'
     '\u0962-\u0965\u0970\u0981-\u0983\u09bc\u09be-\u09c4\u09c7\u09c8\u09cb-\u09cd\u09d7\u09e2\u09e3'
     '\u09f2\u09f3\u09fa\u09fb\u0a01-\u0a03\u0a3c\u0a3e-\u0a42\u0a47\u0a48\u0a4b-\u0a4d\u0a51'
     '\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0ac5\u0ac7-\u0ac9\u0acb-\u0acd\u0ae2\u0ae3'
     '\u0af0\u0af1\u0b01-\u0b03\u0b3c\u0b3e-\u0b44\u0b47\u0b48\u0b4b-\u0b4d\u0b56\u0b57\u0b62\u0b63'
     '\u0b70\u0b82\u0bbe-\u0bc2\u0bc6-\u0bc8\u0bca-\u0bcd\u0bd7\u0bf3-\u0bfa\u0c01-\u0c03\u0c3e-\u0c44'
     '\u0c46-\u0c48\u0c4a-\u0c4d\u0c55\u0c56\u0c62\u0c63\u0c7f\u0c82\u0c83\u0cbc\u0cbe-\u0cc4'
     '\u0cc6-\u0cc8\u0cca-\u0ccd\u0cd5\u0cd6\u0ce2\u0ce3\u0d02\u0d03\u0d3e-\u0d44\u0d46-\u0d48'
     '\u0d4a-\u0d4d\u0d57\u0d62\u0d63\u0d79\u0d82\u0d83\u0dca\u0dcf-\u0dd4\u0dd6\u0dd8-\u0ddf'
     '\u0df2-\u0df4\u0e31\u0e34-\u0e3a\u0e3f\u0e47-\u0e4f\u0e5a\u0e5b\u0eb1\u0eb4-\u0eb9\u0ebb\u0ebc'
     '\u0ec8-\u0ecd\u0f01-\u0f1f\u0f34-\u0f3f\u0f71-\u0f87\u0f8d-\u0f97\u0f99-\u0fbc\u0fbe-\u0fcc'
     '\u0fce-\u0fda\u102b-\u103e\u104a-\u104f\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d'
     '\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109f\u10fb\u135d-\u1368\u1390-\u1399\u1400\u166d\u166e'
     '\u1680\u169b\u169c\u16eb-\u16ed\u1712-\u1714\u1732-\u1736\u1752\u1753\u1772\u1773\u17b4-\u17d6'
     '\u17d8-\u17db\u17dd\u1800-\u180e\u18a9\u1920-\u192b\u1930-\u193b\u1940\u1944\u1945\u19b0-\u19c0'
     '\u19c8\u19c9\u19de-\u19ff\u1a17-\u1a1b\u1a1e\u1a1f\u1a55-\u1a5e\u1a60-\u1a7c\u1a7f\u1aa0-\u1aa6'
     '\u1aa8-\u1aad\u1b00-\u1b04\u1b34-\u1b44\u1b5a-\u1b7c\u1b80-\u1b82\u1ba1-\u1bad\u1be6-\u1bf3'
     '\u1bfc-\u1bff\u1c24-\u1c37\u1c3b-\u1c3f\u1c7e\u1c7f\u1cc0-\u1cc7\u1cd0-\u1ce8\u1ced\u1cf2-\u1cf4'
     '\u1dc0-\u1de6\u1dfc-\u1dff\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe'
     '\u2000-\u2064\u206a-\u206f\u207a-\u207e\u208a-\u208e\u20a0-\u20b9\u20d0-\u20f0\u2100\u2101'
     '\u2103-\u2106\u2108\u2109\u2114\u2116-\u2118\u211e-\u2123\u2125\u2127\u2129\u212e\u213a\u213b'
     '\u2140-\u2144\u214a-\u214d\u214f\u2190-\u23f3\u2400-\u2426\u2440-\u244a\u249c-\u24e9\u2500-\u26ff'
     '\u2701-\u2775\u2794-\u2b4c\u2b50-\u2b59\u2ce5-\u2cea\u2cef-\u2cf1\u2cf9-\u2cfc\u2cfe\u2cff\u2d70'
     '\u2d7f\u2de0-\u2e2e\u2e30-\u2e3b\u2e80-\u2e99\u2e9b-\u2ef3\u2f00-\u2fd5\u2ff0-\u2ffb\u3000-\u3004'
     '\u3008-\u3020\u302a-\u3030\u3036\u3037\u303d-\u303f\u3099-\u309c\u30a0\u30fb\u3190\u3191'
     '\u3196-\u319f\u31c0-\u31e3\u3200-\u321e\u322a-\u3247\u3250\u3260-\u327f\u328a-\u32b0\u32c0-\u32fe'
     '\u3300-\u33ff\u4dc0-\u4dff\ua490-\ua4c6\ua4fe\ua4ff\ua60d-\ua60f\ua66f-\ua67e\ua69f\ua6f0-\ua6f7'
     '\ua700-\ua716\ua720\ua721\ua789\ua78a\ua802\ua806\ua80b\ua823-\ua82b\ua836-\ua839\ua874-\ua877'
     '\ua880\ua881\ua8b4-\ua8c4\ua8ce\ua8cf\ua8e0-\ua8f1\ua8f8-\ua8fa\ua926-\ua92f\ua947-\ua953\ua95f'
     '\ua980-\ua983\ua9b3-\ua9cd\ua9de\ua9df\uaa29-\uaa36\uaa43\uaa4c\uaa4d\uaa5c-\uaa5f\uaa77-\uaa79'
     '\uaa7b\uaab0\uaab2-\uaab4\uaab7\uaab8\uaabe\uaabf\uaac1\uaade\uaadf\uaaeb-\uaaf1\uaaf5\uaaf6'
     '\uabe3-\uabed\ufb1e\ufb29\ufbb2-\ufbc1\ufd3e\ufd3f\ufdfc\ufdfd\ufe00-\ufe19\ufe20-\ufe26'
     '\ufe30-\ufe52\ufe54-\ufe66\ufe68-\ufe6b\ufeff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65'
     '\uffe0-\uffe6\uffe8-\uffee\ufff9-\uffff\U00010100-\U00010102\U00010137-\U0001013f'
     '\U00010179-\U00010189\U00010190-\U0001019b\U000101d0-\U000101fd\U0001039f\U000103d0\U00010857'
     '\U0001091f\U0001093f\U00010a01-\U00010a03\U00010a05\U00010a06\U00010a0c-\U00010a0f'
     '\U00010a38-\U00010a3a\U00010a3f\U00010a50-\U00010a58\U00010a7f\U00010b39-\U00010b3f'
     '\U00011000-\U00011002\U00011038-\U0001104d\U00011080-\U00011082\U000110b0-\U000110c1'
     '\U00011100-\U00011102\U00011127-\U00011134\U00011140-\U00011143\U00011180-\U00011182'
     '\U000111b3-\U000111c0\U000111c5-\U000111c8\U000116ab-\U000116b7\U00012470-\U00012473'
     '\U00016f51-\U00016f7e\U00016f8f-\U00016f92\U0001d000-\U0001d0f5\U0001d100-\U0001d126'
     '\U0001d129-\U0001d1dd\U0001d200-\U0001d245\U0001d300-\U0001d356\U0001d6c1\U0001d6db\U0001d6fb'
     '\U0001d715\U0001d735\U0001d74f\U0001d76f\U0001d789\U0001d7a9\U0001d7c3\U0001eef0\U0001eef1'
     '\U0001f000-\U0001f02b\U0001f030-\U0001f093\U0001f0a0-\U0001f0ae\U0001f0b1-\U0001f0be'
     '\U0001f0c1-\U0001f0cf\U0001f0d1-\U0001f0df\U0001f110-\U0001f12e\U0001f130-\U0001f16b'
     '\U0001f170-\U0001f19a\U0001f1e6-\U0001f202\U0001f210-\U0001f23a\U0001f240-\U0001f248'
     '\U0001f250\U0001f251\U0001f300-\U0001f320\U0001f330-\U0001f335\U0001f337-\U0001f37c'
     '\U0001f380-\U0001f393\U0001f3a0-\U0001f3c4\U0001f3c6-\U0001f3ca\U0001f3e0-\U0001f3f0'
     '\U0001f400-\U0001f43e\U0001f440\U0001f442-\U0001f4f7\U0001f4f9-\U0001f4fc\U0001f500-\U0001f53d'
     '\U0001f540-\U0001f543\U0001f550-\U0001f567\U0001f5fb-\U0001f640\U0001f645-\U0001f64f'
     '\U0001f680-\U0001f6c5\U0001f700-\U0001f773\U000e0001\U000e0020-\U000e007f\U000e0100-\U000e01ef'
$$;

-- Combining marks that belong to the token before them.
CREATE OR REPLACE FUNCTION sqlite._fts_marks() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331'
$$;

-- The same as text.
CREATE OR REPLACE FUNCTION sqlite._fts_mark_characters() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u030f\u0311\u031b\u0323'
     '\u0324\u0325\u0326\u0327\u0328\u032d\u032e\u0330\u0331'
$$;

-- Ranges that hold all characters beyond ASCII that are folded, and some that are not.
CREATE OR REPLACE FUNCTION sqlite._fts_foldable() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'\u00b5-\u024e\u0300-\u0345\u0370-\u042f\u0460-\u0556\u10a0-\u10cd\u1e00-\u1ffc\u2126-\u2132'
     '\u2160-\u2183\u24b6-\u24cf\u2c00-\u2c2e\u2c60-\u2cf2\ua640-\ua696\ua722-\ua7aa\uff21-\uff3a'
     '\ufffe\uffff\U00010400-\U00010427'
$$;

-- Capitals beyond ASCII, and in the next function what each is folded to.
CREATE OR REPLACE FUNCTION sqlite._fts_upper() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'µÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽſƁƂƄ'
     'ƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǄǅǇǈǊǋǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǱǲǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽȾɁɃ'
     'ɄɅɆɈɊɌɎ\u0345ͰͲͶΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫςϏϐϑϕϖϘϚϜϞϠϢϤϦϨϪϬϮϰϱϴϵϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГ'
     'ДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰ'
     'ӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖႠႡႢႣႤႥႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿ'
     'ჀჁჂჃჄჅჇჍḀḂḄḆḈḊḌḎḐḒḔḖḘḚḜḞḠḢḤḦḨḪḬḮḰḲḴḶḸḺḼḾṀṂṄṆṈṊṌṎṐṒṔṖṘṚṜṞṠṢṤṦṨṪṬṮṰṲṴṶṸṺṼṾẀẂẄẆẈẊẌẎẐẒẔẛẞẠẢẤẦẨẪẬẮẰẲẴẶ'
     'ẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸỺỼỾἈἉἊἋἌἍἎἏἘἙἚἛἜἝἨἩἪἫἬἭἮἯἸἹἺἻἼἽἾἿὈὉὊὋὌὍὙὛὝὟὨὩὪὫὬὭὮὯᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜ'
     'ᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾸᾹᾺΆᾼιῈΈῊΉῌῘῙῚΊῨῩῪΎῬῸΌῺΏῼΩKÅℲ\u2160\u2161\u2162\u2163\u2164\u2165\u2166\u2167\u2168'
     '\u2169\u216a\u216b\u216c\u216d\u216e\u216fↃ\u24b6\u24b7\u24b8\u24b9\u24ba\u24bb\u24bc\u24bd\u24be'
     '\u24bf\u24c0\u24c1\u24c2\u24c3\u24c4\u24c5\u24c6\u24c7\u24c8\u24c9\u24ca\u24cb\u24cc\u24cd\u24ce'
     '\u24cf\u2c00\u2c01\u2c02\u2c03\u2c04\u2c05\u2c06\u2c07\u2c08\u2c09\u2c0a\u2c0b\u2c0c\u2c0d\u2c0e'
     '\u2c0f\u2c10\u2c11\u2c12\u2c13\u2c14\u2c15\u2c16\u2c17\u2c18\u2c19\u2c1a\u2c1b\u2c1c\u2c1d\u2c1e'
     '\u2c1f\u2c20\u2c21\u2c22\u2c23\u2c24\u2c25\u2c26\u2c27\u2c28\u2c29\u2c2a\u2c2b\u2c2c\u2c2d\u2c2e'
     '\u2c60\u2c62\u2c63\u2c64\u2c67\u2c69\u2c6b\u2c6d\u2c6e\u2c6f\u2c70\u2c72\u2c75\u2c7e\u2c7f\u2c80'
     '\u2c82\u2c84\u2c86\u2c88\u2c8a\u2c8c\u2c8e\u2c90\u2c92\u2c94\u2c96\u2c98\u2c9a\u2c9c\u2c9e\u2ca0'
     '\u2ca2\u2ca4\u2ca6\u2ca8\u2caa\u2cac\u2cae\u2cb0\u2cb2\u2cb4\u2cb6\u2cb8\u2cba\u2cbc\u2cbe\u2cc0'
     '\u2cc2\u2cc4\u2cc6\u2cc8\u2cca\u2ccc\u2cce\u2cd0\u2cd2\u2cd4\u2cd6\u2cd8\u2cda\u2cdc\u2cde\u2ce0'
     '\u2ce2\u2ceb\u2ced\u2cf2\ua640\ua642\ua644\ua646\ua648\ua64a\ua64c\ua64e\ua650\ua652\ua654\ua656'
     '\ua658\ua65a\ua65c\ua65e\ua660\ua662\ua664\ua666\ua668\ua66a\ua66c\ua680\ua682\ua684\ua686\ua688'
     '\ua68a\ua68c\ua68e\ua690\ua692\ua694\ua696\ua722\ua724\ua726\ua728\ua72a\ua72c\ua72e\ua732\ua734'
     '\ua736\ua738\ua73a\ua73c\ua73e\ua740\ua742\ua744\ua746\ua748\ua74a\ua74c\ua74e\ua750\ua752\ua754'
     '\ua756\ua758\ua75a\ua75c\ua75e\ua760\ua762\ua764\ua766\ua768\ua76a\ua76c\ua76e\ua779\ua77b\ua77d'
     '\ua77e\ua780\ua782\ua784\ua786\ua78b\ua78d\ua790\ua792\ua7a0\ua7a2\ua7a4\ua7a6\ua7a8\ua7aa\uff21'
     '\uff22\uff23\uff24\uff25\uff26\uff27\uff28\uff29\uff2a\uff2b\uff2c\uff2d\uff2e\uff2f\uff30\uff31'
     '\uff32\uff33\uff34\uff35\uff36\uff37\uff38\uff39\uff3a\ufffe\uffff\U00010400\U00010401\U00010402'
     '\U00010403\U00010404\U00010405\U00010406\U00010407\U00010408\U00010409\U0001040a\U0001040b'
     '\U0001040c\U0001040d\U0001040e\U0001040f\U00010410\U00010411\U00010412\U00010413\U00010414'
     '\U00010415\U00010416\U00010417\U00010418\U00010419\U0001041a\U0001041b\U0001041c\U0001041d'
     '\U0001041e\U0001041f\U00010420\U00010421\U00010422\U00010423\U00010424\U00010425\U00010426'
     '\U00010427'
$$;

-- Simple case folding of _fts_upper.
CREATE OR REPLACE FUNCTION sqlite._fts_lower() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'μàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźżžsɓƃƅ'
     'ɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣƥʀƨʃƭʈưʊʋƴƶʒƹƽǆǆǉǉǌǌǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǳǳǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳ\u2c65'
     'ȼƚ\u2c66ɂƀʉʌɇɉɋɍɏιͱͳͷάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋσϗβθφπϙϛϝϟϡϣϥϧϩϫϭϯκρθεϸϲϻͻͼͽѐёђѓєѕіїјљњћќѝў'
     'џабвгдежзийклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗәӛӝӟӡӣӥӧ'
     'өӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ\u2d00\u2d01\u2d02\u2d03'
     '\u2d04\u2d05\u2d06\u2d07\u2d08\u2d09\u2d0a\u2d0b\u2d0c\u2d0d\u2d0e\u2d0f\u2d10\u2d11\u2d12\u2d13'
     '\u2d14\u2d15\u2d16\u2d17\u2d18\u2d19\u2d1a\u2d1b\u2d1c\u2d1d\u2d1e\u2d1f\u2d20\u2d21\u2d22\u2d23'
     '\u2d24\u2d25\u2d27\u2d2dḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑ'
     'ẓẕṡßạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹỻỽỿἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὑὓὕὗὠὡὢὣὤ'
     'ὥὦὧᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱὰάᾳιὲέὴήῃῐῑὶίῠῡὺύῥὸόὼώῳωkåⅎ\u2170\u2171\u2172\u2173\u2174\u2175'
     '\u2176\u2177\u2178\u2179\u217a\u217b\u217c\u217d\u217e\u217fↄ\u24d0\u24d1\u24d2\u24d3\u24d4\u24d5'
     '\u24d6\u24d7\u24d8\u24d9\u24da\u24db\u24dc\u24dd\u24de\u24df\u24e0\u24e1\u24e2\u24e3\u24e4\u24e5'
     '\u24e6\u24e7\u24e8\u24e9\u2c30\u2c31\u2c32\u2c33\u2c34\u2c35\u2c36\u2c37\u2c38\u2c39\u2c3a\u2c3b'
     '\u2c3c\u2c3d\u2c3e\u2c3f\u2c40\u2c41\u2c42\u2c43\u2c44\u2c45\u2c46\u2c47\u2c48\u2c49\u2c4a\u2c4b'
     '\u2c4c\u2c4d\u2c4e\u2c4f\u2c50\u2c51\u2c52\u2c53\u2c54\u2c55\u2c56\u2c57\u2c58\u2c59\u2c5a\u2c5b'
     '\u2c5c\u2c5d\u2c5e\u2c61ɫᵽɽ\u2c68\u2c6a\u2c6cɑɱɐɒ\u2c73\u2c76ȿɀ\u2c81\u2c83\u2c85\u2c87\u2c89'
     '\u2c8b\u2c8d\u2c8f\u2c91\u2c93\u2c95\u2c97\u2c99\u2c9b\u2c9d\u2c9f\u2ca1\u2ca3\u2ca5\u2ca7\u2ca9'
     '\u2cab\u2cad\u2caf\u2cb1\u2cb3\u2cb5\u2cb7\u2cb9\u2cbb\u2cbd\u2cbf\u2cc1\u2cc3\u2cc5\u2cc7\u2cc9'
     '\u2ccb\u2ccd\u2ccf\u2cd1\u2cd3\u2cd5\u2cd7\u2cd9\u2cdb\u2cdd\u2cdf\u2ce1\u2ce3\u2cec\u2cee\u2cf3'
     '\ua641\ua643\ua645\ua647\ua649\ua64b\ua64d\ua64f\ua651\ua653\ua655\ua657\ua659\ua65b\ua65d\ua65f'
     '\ua661\ua663\ua665\ua667\ua669\ua66b\ua66d\ua681\ua683\ua685\ua687\ua689\ua68b\ua68d\ua68f\ua691'
     '\ua693\ua695\ua697\ua723\ua725\ua727\ua729\ua72b\ua72d\ua72f\ua733\ua735\ua737\ua739\ua73b\ua73d'
     '\ua73f\ua741\ua743\ua745\ua747\ua749\ua74b\ua74d\ua74f\ua751\ua753\ua755\ua757\ua759\ua75b\ua75d'
     '\ua75f\ua761\ua763\ua765\ua767\ua769\ua76b\ua76d\ua76f\ua77a\ua77cᵹ\ua77f\ua781\ua783\ua785\ua787'
     '\ua78cɥ\ua791\ua793\ua7a1\ua7a3\ua7a5\ua7a7\ua7a9ɦ\uff41\uff42\uff43\uff44\uff45\uff46\uff47'
     '\uff48\uff49\uff4a\uff4b\uff4c\uff4d\uff4e\uff4f\uff50\uff51\uff52\uff53\uff54\uff55\uff56\uff57'
     '\uff58\uff59\uff5a\ufffd\ufffd\U00010428\U00010429\U0001042a\U0001042b\U0001042c\U0001042d'
     '\U0001042e\U0001042f\U00010430\U00010431\U00010432\U00010433\U00010434\U00010435\U00010436'
     '\U00010437\U00010438\U00010439\U0001043a\U0001043b\U0001043c\U0001043d\U0001043e\U0001043f'
     '\U00010440\U00010441\U00010442\U00010443\U00010444\U00010445\U00010446\U00010447\U00010448'
     '\U00010449\U0001044a\U0001044b\U0001044c\U0001044d\U0001044e\U0001044f'
$$;

-- Letters with one diacritic: remove_diacritics=1 takes it off.
CREATE OR REPLACE FUNCTION sqlite._fts_accented() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįİĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǧǩǫǰǵǹȁȃȅȇ'
     'ȉȋȍȏȑȓȕȗșțȟȧȩȯȳḁḃḅḇḋḍḏḑḓḙḛḟḡḣḥḧḩḫḭḱḳḵḷḻḽḿṁṃṅṇṉṋṕṗṙṛṟṡṣṫṭṯṱṳṵṷṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙạảẹẻẽỉịọỏụủỳỵỷỹ'
$$;

-- Those letters without it.
CREATE OR REPLACE FUNCTION sqlite._fts_plain() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiiijklllnnnooorrrssssttuuuuuuwyzzzouaiougkojgnaaee'
     'iioorruusthaeoyabbbdddddeefghhhhhikkklllmmmnnnnpprrrssttttuuuvvwwwwwxxyzzzhtwyaaeeeiioouuyyyy'
$$;

-- What only remove_diacritics=2 changes, mostly letters with two.
CREATE OR REPLACE FUNCTION sqlite._fts_accented_twice() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'ǖǘǚǜǟǭǻȫȭȱḉḕḗḝḯḹṍṏṑṓṝṥṧṩṹṻấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự'
$$;

-- Those letters without them.
CREATE OR REPLACE FUNCTION sqlite._fts_plain_twice() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT
    E'uuuuaoaoooceeeiloooorsssuuaaaaaaaaaaeeeeeoooooooooouuuuu'
$$;

-- A text without its first and last character, its quotes.
CREATE OR REPLACE FUNCTION sqlite._fts_inside(quoted text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.substr(quoted, 2, pg_catalog.length(quoted) - 2) $$;

-- What a tokenizer's text says, as FTS5 writes it: `porter unicode61 remove_diacritics 2 tokenchars '-_'`.
-- `separator` is a regular expression of one character; `folding` -1 folds ASCII, 0 to 2 are
-- remove_diacritics, NULL folds nothing. FTS3's `simple` is FTS5's `ascii`; its own `porter` is `fts3porter`. Where characters are `special`,
-- the text is split before it is folded.
CREATE OR REPLACE FUNCTION sqlite._fts_options(
    tokenizer text, OUT kind text, OUT porter boolean, OUT folding integer, OUT separator text,
    OUT special boolean
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    words text[] COLLATE "C";
    option text COLLATE "C";
    value text COLLATE "C";
    at integer := 1;
    code integer;
    token_character boolean;
    is_token boolean[];
    added text := '';
    removed text := '';
    class text := '';
BEGIN
    porter := false;
    special := false;
    SELECT array_agg(CASE pg_catalog.left(m[1], 1)
                     WHEN '''' THEN pg_catalog.replace(sqlite._fts_inside(m[1]), '''''', '''')
                     WHEN '"' THEN pg_catalog.replace(sqlite._fts_inside(m[1]), '""', '"')
                     ELSE m[1] END)
    INTO words
    FROM regexp_matches(tokenizer COLLATE "C", '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[^ ''"]+)', 'g') AS m;
    IF words[at] = 'kept' THEN
        at := at + 1;
    END IF;
    WHILE pg_catalog.lower(words[at]) = 'porter' LOOP
        porter := true;
        at := at + 1;
    END LOOP;
    kind := coalesce(pg_catalog.lower(words[at]), 'unicode61');
    at := at + 1;
    IF kind = 'trigram' THEN
        folding := 0;
        WHILE words[at] IS NOT NULL LOOP
            CASE WHEN words[at] = 'case_sensitive' AND words[at + 1] IN ('0', '1') THEN
                folding := CASE WHEN words[at + 1] = '0' THEN folding END;
            WHEN words[at] = 'remove_diacritics' AND words[at + 1] IN ('0', '1') THEN
                folding := CASE WHEN folding IS NOT NULL THEN words[at + 1]::integer * 2 END;
            ELSE
                RAISE 'error in tokenizer constructor' USING ERRCODE = '22023';
            END CASE;
            at := at + 2;
        END LOOP;
        RETURN;
    ELSIF kind = 'unicode61' THEN
        folding := 1;
        class := sqlite._fts_separators();
    ELSIF kind IN ('ascii', 'simple') THEN
        folding := -1;
    ELSIF kind = 'fts3porter' AND words[at] IS NULL THEN
        folding := -1;
        separator := E'[\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u005e\\u0060\\u007b-\\u007f]';
        RETURN;
    ELSE
        RAISE 'no such tokenizer: %', kind USING ERRCODE = '22023';
    END IF;
    IF kind = 'unicode61' AND words[at] = 'remove_diacritics' AND words[at + 1] IN ('0', '1', '2')
       AND words[at + 2] IS NULL THEN
        folding := words[at + 1]::integer;
        at := at + 2;
    END IF;
    IF words[at] IS NULL THEN
        separator := E'[\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007f' || class || ']';
        kind := 'words';
        RETURN;
    END IF;
    special := true;
    is_token := array_fill(false, ARRAY[47]) || array_fill(true, ARRAY[10]) || array_fill(false, ARRAY[7])
                || array_fill(true, ARRAY[26]) || array_fill(false, ARRAY[6]) || array_fill(true, ARRAY[26])
                || array_fill(false, ARRAY[5]);
    IF kind = 'simple' THEN
        is_token := array_fill(true, ARRAY[127]);
        FOREACH value IN ARRAY string_to_array(words[at], NULL) LOOP
            is_token[ascii(value)] := ascii(value) > 127;
        END LOOP;
        at := at + 1;
    END IF;
    WHILE kind <> 'simple' AND words[at] IS NOT NULL LOOP
        option := pg_catalog.lower(words[at]);
        IF option = 'remove_diacritics' AND kind = 'unicode61' AND words[at + 1] IN ('0', '1', '2') THEN
            folding := words[at + 1]::integer;
        ELSIF option IN ('tokenchars', 'separators') AND words[at + 1] IS NOT NULL THEN
            token_character := option = 'tokenchars';
            FOREACH value IN ARRAY string_to_array(words[at + 1], NULL) LOOP
                code := ascii(value);
                IF code < 128 THEN
                    is_token[code] := token_character;
                ELSIF kind = 'unicode61' AND strpos(sqlite._fts_mark_characters(), value) = 0 THEN
                    IF (value ~ ('[' || class || ']')) = token_character THEN
                        IF token_character THEN
                            added := added || E'\\U' || lpad(to_hex(code), 8, '0');
                        ELSE
                            removed := removed || E'\\U' || lpad(to_hex(code), 8, '0');
                        END IF;
                    END IF;
                END IF;
            END LOOP;
        ELSE
            RAISE 'error in tokenizer constructor' USING ERRCODE = '22023';
        END IF;
        at := at + 2;
    END LOOP;
    class := class || removed;
    FOR i IN 1 .. 127 LOOP
        IF NOT is_token[i] THEN
            class := class || E'\\u' || lpad(to_hex(i), 4, '0');
        END IF;
    END LOOP;
    separator := CASE WHEN class = '' THEN '(?!)' ELSE '[' || class || ']' END;
    IF added <> '' THEN
        separator := '(?:(?![' || added || '])' || separator || ')';
    END IF;
    kind := 'words';
END
$$;

-- Case and diacritics folded: -1 ASCII only, 0 to 2 as remove_diacritics.
CREATE OR REPLACE FUNCTION sqlite._fts_fold(value text, folding integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    folded text COLLATE "C" := pg_catalog.lower(value COLLATE "C");
    found text COLLATE "C";
    result text COLLATE "C";
BEGIN
    IF folding IS NULL THEN
        RETURN value;
    ELSIF folding < 0 OR pg_catalog.octet_length(folded) = pg_catalog.length(folded) THEN
        RETURN folded;
    END IF;
    IF folding > 0 AND folded ~ ('[' || sqlite._fts_marks() || ']') THEN
        folded := translate(folded, sqlite._fts_mark_characters(), '');
    END IF;
    found := regexp_replace(folded, '[^' || sqlite._fts_foldable() || ']+', '', 'g');
    IF found = '' THEN
        RETURN folded;
    ELSIF pg_catalog.length(found) > 30 THEN
        SELECT pg_catalog.string_agg(DISTINCT c COLLATE "C", '') INTO found
        FROM string_to_table(found, NULL) AS c;
    END IF;
    result := translate(found, sqlite._fts_upper(), sqlite._fts_lower());
    IF folding > 0 THEN
        result := translate(result, sqlite._fts_accented(), sqlite._fts_plain());
        IF folding > 1 THEN
            result := translate(result, sqlite._fts_accented_twice(), sqlite._fts_plain_twice());
        END IF;
    END IF;
    RETURN translate(folded, found, result);
END
$$;

-- The stem of a folded token by FTS5's implementation of Porter's first algorithm. `shape` has C for each
-- consonant and V for each vowel; a y is a vowel after a consonant; what is not ASCII counts as consonants.
CREATE OR REPLACE FUNCTION sqlite._fts_porter(token text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    word text COLLATE "C" := token;
    shape text COLLATE "C";
    size integer := pg_catalog.octet_length(token);
    cut integer;
    suffix text COLLATE "C";
    again boolean := false;
BEGIN
    IF size < 3 OR size > 64 THEN
        RETURN word;
    END IF;
    shape := regexp_replace(regexp_replace(word, '[^aeiouy]', 'C', 'g'), '[aeiou]', 'V', 'g');
    IF strpos(shape, 'y') > 0 THEN
        IF pg_catalog.left(shape, 1) = 'y' THEN
            shape := 'C' || pg_catalog.substr(shape, 2);
        END IF;
        cut := strpos(shape, 'y');
        WHILE cut > 0 LOOP
            shape := overlay(
                shape PLACING CASE pg_catalog.substr(shape, cut - 1, 1) WHEN 'C' THEN 'V' ELSE 'C' END
                FROM cut FOR 1);
            cut := strpos(shape, 'y');
        END LOOP;
    END IF;
    size := pg_catalog.length(word);

    IF pg_catalog.right(word, 1) = 's' THEN  -- 1a
        IF word LIKE '_%sses' OR word LIKE '_%ies' THEN
            size := size - 2;
        ELSIF pg_catalog.right(word, 2) <> 'ss' THEN
            size := size - 1;
        END IF;
        word := pg_catalog.left(word, size);
        shape := pg_catalog.left(shape, size);
    END IF;

    IF word LIKE '_%eed' THEN  -- 1b
        IF strpos(pg_catalog.left(shape, size - 3), 'VC') > 0 THEN
            size := size - 1;
        END IF;
    ELSIF word LIKE '_%ed' THEN
        cut := size - 2;
        again := strpos(pg_catalog.left(shape, cut), 'V') > 0;
    ELSIF word LIKE '_%ing' THEN
        cut := size - 3;
        again := strpos(pg_catalog.left(shape, cut), 'V') > 0;
    END IF;
    IF again THEN
        size := cut;
        word := pg_catalog.left(word, size);
        shape := pg_catalog.left(shape, size);
        IF word LIKE '_%at' OR word LIKE '_%bl' OR word LIKE '_%iz' THEN
            word := word || 'e';
            shape := shape || 'V';
            size := size + 1;
        ELSIF word ~ E'([^aeioulsz\\u0080-\\U0010ffff])\\1$' THEN
            size := size - 1;
        ELSIF shape LIKE '%VC%' AND shape NOT LIKE '%VC%VC%' AND sqlite._fts_short(word, shape) THEN
            word := word || 'e';
            shape := shape || 'V';
            size := size + 1;
        END IF;
    END IF;
    word := pg_catalog.left(word, size);
    shape := pg_catalog.left(shape, size);

    IF word LIKE '%y' AND strpos(pg_catalog.left(shape, size - 1), 'V') > 0 THEN  -- 1c
        word := pg_catalog.left(word, size - 1) || 'i';
        shape := pg_catalog.left(shape, size - 1) || 'V';
    END IF;

    suffix := substring(word FROM '^.+?(ational|ization|iveness|fulness|ousness|tional|biliti|entli|ousli'
        '|ation|alism|aliti|iviti|enci|anci|izer|logi|alli|ator|bli|eli)$');  -- 2
    IF suffix IS NOT NULL THEN
        cut := size - pg_catalog.length(suffix);
        IF strpos(pg_catalog.left(shape, cut), 'VC') > 0 THEN
            suffix := CASE suffix
                WHEN 'ational' THEN 'ate' WHEN 'tional' THEN 'tion' WHEN 'enci' THEN 'ence'
                WHEN 'anci' THEN 'ance' WHEN 'izer' THEN 'ize' WHEN 'logi' THEN 'log' WHEN 'bli' THEN 'ble'
                WHEN 'alli' THEN 'al' WHEN 'entli' THEN 'ent' WHEN 'eli' THEN 'e' WHEN 'ousli' THEN 'ous'
                WHEN 'ization' THEN 'ize' WHEN 'ation' THEN 'ate' WHEN 'ator' THEN 'ate'
                WHEN 'alism' THEN 'al' WHEN 'iveness' THEN 'ive' WHEN 'fulness' THEN 'ful' WHEN 'ousness' THEN 'ous'
                WHEN 'aliti' THEN 'al' WHEN 'iviti' THEN 'ive' WHEN 'biliti' THEN 'ble' END;
            word := pg_catalog.left(word, cut) || suffix;
            shape := pg_catalog.left(shape, cut) || translate(suffix, 'aeioubcdfglnstvz', 'VVVVVCCCCCCCCCCC');
            size := pg_catalog.length(word);
        END IF;
    END IF;

    suffix := substring(word FROM '^.+?(ical|ness|icate|iciti|ful|ative|alize)$');  -- 3
    IF suffix IS NOT NULL THEN
        cut := size - pg_catalog.length(suffix);
        IF strpos(pg_catalog.left(shape, cut), 'VC') > 0 THEN
            suffix := CASE suffix WHEN 'ical' THEN 'ic' WHEN 'icate' THEN 'ic' WHEN 'iciti' THEN 'ic'
                                  WHEN 'alize' THEN 'al' ELSE '' END;
            word := pg_catalog.left(word, cut) || suffix;
            shape := pg_catalog.left(shape, cut) || translate(suffix, 'aicl', 'VVCC');
            size := pg_catalog.length(word);
        END IF;
    END IF;

    suffix := substring(word FROM  -- 4
        '^.+?(ement|ance|ence|able|ible|ment|ant|ent|ion|ism|ate|iti|ous|ive|ize|al|er|ic|ou)$');
    IF suffix IS NOT NULL THEN
        cut := size - pg_catalog.length(suffix);
        IF pg_catalog.left(shape, cut) LIKE '%VC%VC%'
           AND (suffix <> 'ion' OR pg_catalog.substr(word, cut, 1) IN ('s', 't')) THEN
            word := pg_catalog.left(word, cut);
            shape := pg_catalog.left(shape, cut);
            size := cut;
        END IF;
    END IF;

    IF word LIKE '%e' THEN  -- 5a
        shape := pg_catalog.left(shape, size - 1);
        IF shape LIKE '%VC%VC%'
           OR (shape LIKE '%VC%' AND NOT sqlite._fts_short(pg_catalog.left(word, size - 1), shape)) THEN
            word := pg_catalog.left(word, size - 1);
        END IF;
        size := pg_catalog.length(word);
    END IF;
    IF word LIKE '%ll' AND pg_catalog.left(shape, size - 1) LIKE '%VC%VC%' THEN  -- 5b
        RETURN pg_catalog.left(word, size - 1);
    END IF;
    RETURN word;
END
$$;

-- Whether a stem ends in consonant, vowel, consonant, and the last is one byte and none of w, x, y.
CREATE OR REPLACE FUNCTION sqlite._fts_short(word text, shape text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT shape COLLATE "C" LIKE '%CVC'
       AND pg_catalog.right(word, 1) COLLATE "C" ~ E'[^wxy\\u0080-\\U0010ffff]'
$$;

CREATE OR REPLACE FUNCTION sqlite._fts_porter(tokens text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT coalesce(array_agg(known.stem ORDER BY place), '{}')
FROM unnest(tokens) WITH ORDINALITY AS given (token, place)
JOIN (SELECT token, sqlite._fts_porter(token) AS stem
      FROM (SELECT DISTINCT token COLLATE "C" AS token FROM unnest(tokens) AS t (token)) AS once) AS known
  ON known.token = given.token COLLATE "C"
$$;

-- The stems of folded tokens by FTS3's porter: that of FTS5 for 3 to 20 letters; of what has other characters or
-- is longer, the first and the last 10 bytes, or 3 where there are digits. Where those cut a character in two,
-- they are in hexadecimal behind U+0002.
CREATE OR REPLACE FUNCTION sqlite._fts3_porter(tokens text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT coalesce(array_agg(known.stem ORDER BY place), '{}')
FROM unnest(tokens) WITH ORDINALITY AS given (token, place)
JOIN (SELECT token, sqlite._fts3_porter(token) AS stem
      FROM (SELECT DISTINCT token COLLATE "C" AS token FROM unnest(tokens) AS t (token)) AS once) AS known
  ON known.token = given.token COLLATE "C"
$$;

CREATE OR REPLACE FUNCTION sqlite._fts3_porter(token text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    bytes bytea;
    kept integer := CASE WHEN token COLLATE "C" ~ '[0-9]' THEN 3 ELSE 10 END;
BEGIN
    IF token COLLATE "C" ~ '^[a-z]{3,20}$' THEN
        RETURN CASE token COLLATE "C" WHEN 'ies' THEN 'i' WHEN 'sses' THEN 'ss' WHEN 'eed' THEN 'eed'
                                         ELSE sqlite._fts_porter(token) END;
    ELSIF pg_catalog.octet_length(token) <= 2 * kept THEN
        RETURN token;
    ELSIF pg_catalog.octet_length(token) = pg_catalog.length(token) THEN
        RETURN pg_catalog.left(token, kept) || pg_catalog.right(token, kept);
    END IF;
    bytes := convert_to(token, 'UTF8');
    bytes := pg_catalog.substr(bytes, 1, kept)
             || pg_catalog.substr(bytes, pg_catalog.octet_length(bytes) - kept + 1);
    IF (get_byte(convert_to(token, 'UTF8'), kept) & 192) = 128 OR (get_byte(bytes, kept) & 192) = 128 THEN
        RETURN E'\x02' || encode(bytes, 'hex');
    END IF;
    RETURN convert_from(bytes, 'UTF8');
END
$$;

-- The tokens of a text in order; of NULL none. The tokenizer `kept`, before another, takes a text that begins
-- with U+0001 for tokens with U+0001 before each: what is left of a text that is not there any more.
CREATE OR REPLACE FUNCTION sqlite.fts_tokens(value text, tokenizer text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    rest text COLLATE "C" := value;
    options record;
    tokens text[] COLLATE "C";
BEGIN
    IF tokenizer COLLATE "C" LIKE 'kept %' AND starts_with(value, E'\x01') THEN
        RETURN string_to_array(pg_catalog.substr(value, 2), E'\x01');
    END IF;
    IF tokenizer COLLATE "C" IN ('unicode61', '')
       AND pg_catalog.octet_length(value) = pg_catalog.length(value) THEN
        RETURN array_remove(
            string_to_array(regexp_replace(pg_catalog.lower(rest), '[^0-9a-z]+', ' ', 'g'), ' '), '');
    END IF;
    options := sqlite._fts_options(tokenizer);
    IF value IS NULL THEN
        RETURN '{}';
    ELSIF options.kind = 'trigram' THEN
        SELECT array_agg(three ORDER BY place) INTO tokens
        FROM (SELECT c || pg_catalog.lead(c) OVER w || pg_catalog.lead(c, 2) OVER w AS three, place
              FROM string_to_table(sqlite._fts_fold(rest, options.folding), NULL)
                   WITH ORDINALITY AS t (c, place)
              WINDOW w AS (ORDER BY place)) AS threes
        WHERE three IS NOT NULL;
    ELSE
        IF options.folding >= 0 AND rest ~ ('[' || sqlite._fts_marks() || ']') THEN
            rest := regexp_replace(
                rest, '(^|' || options.separator || ')[' || sqlite._fts_marks() || ']+', E'\\1', 'g');
        END IF;
        IF NOT options.special THEN
            IF options.folding >= 0 THEN
                rest := translate(rest, E'\u0345', ' ');  -- a separator that is folded to a letter
            END IF;
            rest := sqlite._fts_fold(rest, options.folding);
        END IF;
        tokens := array_remove(regexp_split_to_array(rest, options.separator || '+'), '');
        IF options.special THEN
            SELECT array_agg(sqlite._fts_fold(token, options.folding) ORDER BY place) INTO tokens
            FROM unnest(tokens) WITH ORDINALITY AS t (token, place);
        END IF;
    END IF;
    IF options.porter THEN
        tokens := sqlite._fts_porter(tokens);
    ELSIF options.kind = 'fts3porter' THEN
        tokens := sqlite._fts3_porter(tokens);
    END IF;
    RETURN coalesce(tokens, '{}');
END
$$;

-- The tokens with the characters of the text that each spans, counted from 0, the end excluded; `leads` is
-- whether it begins a sentence, for FTS5: after a full stop or a colon and white space.
CREATE OR REPLACE FUNCTION sqlite._fts_scan(
    value text, tokenizer text, OUT tokens text[], OUT starts integer[], OUT ends integer[],
    OUT leads boolean[]
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    options record := sqlite._fts_options(tokenizer);
    characters text := CASE WHEN pg_catalog.left(options.separator, 1) = '['
                            THEN '[^' || pg_catalog.substr(options.separator, 2)
                            ELSE '(?:(?!' || options.separator || ').)' END;
BEGIN
    IF options.kind = 'trigram' THEN
        SELECT array_agg(three ORDER BY place), array_agg(place - 1 ORDER BY place),
               array_agg(after - 1 ORDER BY place),
               array_agg(pg_catalog.substr(value, greatest(place - 40, 1), least(place - 1, 40)) COLLATE "C"
                         ~ E'[.:][ \\t\\n\\r]+$' ORDER BY place)
        INTO tokens, starts, ends, leads
        FROM (SELECT folded || pg_catalog.lead(folded) OVER w || pg_catalog.lead(folded, 2) OVER w AS three,
                     place, coalesce(pg_catalog.lead(place, 3) OVER w, pg_catalog.length(value) + 1) AS after
              FROM (SELECT CASE WHEN options.folding > 0 THEN sqlite._fts_fold(c, options.folding)
                                ELSE c END AS folded, place::integer
                    FROM string_to_table(CASE WHEN options.folding = 0 THEN sqlite._fts_fold(value, 0)
                                              ELSE value END, NULL)
                         WITH ORDINALITY AS t (c, place)) AS characters
              WHERE folded <> ''
              WINDOW w AS (ORDER BY place)) AS threes
        WHERE three IS NOT NULL;
    ELSE
        WITH pieces AS (
            SELECT place, m[1] COLLATE "C" AS piece,
                   pg_catalog.sum(pg_catalog.length(m[1])) OVER (ORDER BY place)::integer AS piece_end,
                   m[1] COLLATE "C" ~ ('^' || options.separator) AS apart
            FROM regexp_matches(
                value COLLATE "C", '(' || options.separator || '+|' || characters || '+)', 'g'
            ) WITH ORDINALITY AS t (m, place)
        ), words AS (
            SELECT place, piece_end, apart, piece,
                   CASE WHEN options.folding >= 0 THEN pg_catalog.ltrim(piece, sqlite._fts_mark_characters())
                        ELSE piece END AS word,
                   coalesce(pg_catalog.right(pg_catalog.lag(piece, 2) OVER (ORDER BY place), 1), '')
                   || pg_catalog.lag(piece) OVER (ORDER BY place) AS gap
            FROM pieces
        )
        SELECT array_agg(sqlite._fts_fold(word, options.folding) ORDER BY place),
               array_agg(piece_end - pg_catalog.length(word) ORDER BY place),
               array_agg(piece_end ORDER BY place),
               array_agg(coalesce(gap COLLATE "C" ~ E'[.:][ \\t\\n\\r]+$' AND word = piece, false)
                         ORDER BY place)
        INTO tokens, starts, ends, leads
        FROM words
        WHERE word <> '' AND NOT apart;
    END IF;
    IF options.porter THEN
        tokens := sqlite._fts_porter(tokens);
    ELSIF options.kind = 'fts3porter' THEN
        tokens := sqlite._fts3_porter(tokens);
    END IF;
    IF cardinality(tokens) > 0 THEN
        leads[1] := true;
    END IF;
END
$$;

-- A token as it stands in a vector: PostgreSQL takes 2,046 bytes, SQLite more.
CREATE OR REPLACE FUNCTION sqlite._fts_lexeme(token text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN pg_catalog.octet_length(token) < 2000 THEN token
            ELSE pg_catalog.left(token, 480) || E'\x01' || md5(token) END
$$;

-- A lexeme for the text form of tsvector and tsquery.
CREATE OR REPLACE FUNCTION sqlite._fts_quoted(lexeme text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT ''''
       || pg_catalog.replace(pg_catalog.replace(lexeme COLLATE "C", E'\\', E'\\\\'), '''', '''''')
       || ''''
$$;

-- The columns of a row as a tsvector, for a generated column and its GIN index. Positions count on from
-- column to column; before each column stands the lexeme U+0001 `^`. Of two to four columns the tokens have
-- the weights A to D; of more, each token stands a second time as U+0001, the number of its column from 1,
-- `:` and the token. U+0001 `#` and the sizes of the columns, as in `#12,345`, is for bm25. A token beyond
-- the positions that is nowhere else in the row has no weight and so passes for any column. U+0001 `%` says
-- that positions are missing, U+0001 `&` that tokens are.
CREATE OR REPLACE FUNCTION sqlite.fts_vector(tokenizer text, VARIADIC columns text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    count integer := cardinality(columns);
    tokens text[] COLLATE "C";
    lexemes text[] COLLATE "C" := '{}';
    places text[] := '{}';
    sizes text[] := '{}';
    base integer := 1;
    mark text;
    cut boolean := false;
    result text COLLATE "C";
BEGIN
    FOR i IN 1 .. count LOOP
        tokens := sqlite.fts_tokens(columns[i], tokenizer);
        mark := CASE WHEN count BETWEEN 2 AND 4 THEN pg_catalog.substr('ABCD', i, 1) ELSE '' END;
        lexemes := lexemes || E'\x01^'::text;
        places := places || CASE WHEN base < 16383 THEN base::text END;
        SELECT lexemes || array_agg(sqlite._fts_lexeme(token) ORDER BY place),
               places || array_agg(CASE WHEN base + place < 16383 THEN (base + place)::text || mark END
                                   ORDER BY place)
        INTO lexemes, places
        FROM unnest(tokens) WITH ORDINALITY AS t (token, place);
        IF count > 4 THEN
            SELECT lexemes || array_agg(E'\x01' || i || ':' || sqlite._fts_lexeme(token) ORDER BY place),
                   places || array_agg(CASE WHEN base + place < 16383 THEN (base + place)::text END
                                       ORDER BY place)
            INTO lexemes, places
            FROM unnest(tokens) WITH ORDINALITY AS t (token, place);
        END IF;
        sizes := sizes || cardinality(tokens)::text;
        base := base + cardinality(tokens) + 1;
    END LOOP;
    IF cardinality(lexemes) > 255 THEN
        cut := base > 16383 OR EXISTS (SELECT FROM unnest(lexemes) AS l (lexeme)
                                       GROUP BY lexeme HAVING pg_catalog.count(*) > 255);
    END IF;
    lexemes := (E'\x01#' || array_to_string(sizes, ',')) || lexemes;
    places := NULL::text || places;
    IF cut THEN
        lexemes := E'\x01%'::text || lexemes;
        places := NULL::text || places;
    END IF;
    SELECT pg_catalog.string_agg(sqlite._fts_quoted(lexeme) || coalesce(':' || place, ''), ' ')
    INTO result
    FROM unnest(lexemes, places) AS t (lexeme, place);
    IF pg_catalog.octet_length(result) > 1000000 THEN
        WITH given AS (
            SELECT lexeme, place, n
            FROM unnest(lexemes, places) WITH ORDINALITY AS t (lexeme, place, n)
        ), grouped AS (
            SELECT lexeme, pg_catalog.min(n) AS first, pg_catalog.string_agg(place, ',' ORDER BY n) AS listed,
                   pg_catalog.octet_length(lexeme) + 4 + 2 * least(pg_catalog.count(place), 256) AS size
            FROM given
            GROUP BY lexeme
        ), measured AS (
            SELECT lexeme, listed, pg_catalog.sum(size) OVER (ORDER BY first) AS total FROM grouped
        )
        SELECT pg_catalog.string_agg(sqlite._fts_quoted(lexeme) || coalesce(':' || listed, ''), ' ')
        INTO result
        FROM measured
        WHERE total < 1040000;
        result := result || ' ' || sqlite._fts_quoted(E'\x01%') || ' ' || sqlite._fts_quoted(E'\x01&');
    END IF;
    RETURN result::tsvector;
END
$$;

CREATE OR REPLACE FUNCTION sqlite._fts_error(message text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$ BEGIN RAISE '%', message USING ERRCODE = '42601'; END $$;

-- The number from 0 of a column that a filter names.
CREATE OR REPLACE FUNCTION sqlite._fts_column(name text, columns text[]) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    plain text COLLATE "C" := name;
BEGIN
    IF plain LIKE '"%' THEN
        plain := pg_catalog.replace(sqlite._fts_inside(plain), '""', '"');
    END IF;
    FOR i IN 1 .. cardinality(columns) LOOP
        IF pg_catalog.lower(columns[i] COLLATE "C") = pg_catalog.lower(plain) THEN
            RETURN i - 1;
        END IF;
    END LOOP;
    RAISE 'no such column: %', plain USING ERRCODE = '42703';
END
$$;

-- A match expression of FTS5 as JSON: `groups` are phrases within `n` tokens of each other in the columns `c`
-- (null: any), each with tokens `t`, 1 in `s` for each that is a prefix, and `f` for an initial one. The
-- nodes of the expression stand after their children: `kind` is `and`, `or`, `not`, `empty` or `group`,
-- `left` and `right` the numbers from 1 of the children, or `left` that of the group.
CREATE OR REPLACE FUNCTION sqlite.fts_parse(match text, tokenizer text, columns text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    words text[] COLLATE "C";
    kinds text[] COLLATE "C" := '{}';
    word text COLLATE "C";
    k text COLLATE "C";
    at integer := 1;
    operand boolean := true;     -- an operand has to come
    listed boolean := false;     -- the last operand may be followed by another without an operator
    implicit boolean;
    operators text[] COLLATE "C" := '{}';
    opened integer[] := '{}';    -- groups before each parenthesis
    filters jsonb[] := '{}';     -- and its column filter
    operator text COLLATE "C";
    nodes integer[] := '{}';     -- operands not yet combined
    node_kinds text[] := '{}';
    node_left integer[] := '{}';
    node_right integer[] := '{}';
    phrase_lists jsonb[] := '{}';
    distances integer[] := '{}';
    group_filters jsonb[] := '{}';
    filter jsonb;
    numbers integer[];
    inverted boolean;
    phrases jsonb;
    near text COLLATE "C";
    distance integer;
    initial boolean;
    tokens text[] COLLATE "C";
    more text[] COLLATE "C";
    prefixes integer[];
    star boolean;
BEGIN
    IF match IS NULL THEN
        RETURN NULL;
    ELSIF match COLLATE "C" LIKE '*%' THEN
        PERFORM sqlite._fts_error('unknown special query: '
                                  || substring(match COLLATE "C" FROM '^[*][ ]*([^ ]*)'));
    END IF;
    SELECT array_agg(m[1] ORDER BY place) INTO words
    FROM regexp_matches(
        match COLLATE "C",
        E'([ \\t\\n\\r]+|"(?:[^"]|"")*"?|[0-9A-Za-z_\\u001a\\u0080-\\U0010ffff]+|.)', 'g'
    ) WITH ORDINALITY AS t (m, place)
    WHERE m[1] !~ E'^[ \\t\\n\\r]';
    FOREACH word IN ARRAY coalesce(words, '{}') LOOP
        kinds := kinds || CASE
            WHEN word IN ('AND', 'OR', 'NOT') THEN word
            WHEN word LIKE '"%' THEN
                CASE WHEN word ~ '^"(?:[^"]|"")*"$' THEN 'word' ELSE 'open' END
            WHEN word ~ E'^[0-9A-Za-z_\\u001a\\u0080-\\U0010ffff]' THEN 'word'
            WHEN word IN ('(', ')', '{', '}', ':', ',', '+', '*', '-', '^') THEN word
            ELSE 'bad' END;
    END LOOP;
    words := words || ''::text;
    kinds := kinds || 'end'::text;
    -- What cannot be read is an error as soon as it is looked at, before what the parser makes of it.
    LOOP
        k := kinds[at];
        IF k = 'open' THEN
            PERFORM sqlite._fts_error('unterminated string');
        ELSIF operand AND k = '(' THEN
            operators := operators || k;
            opened := opened || cardinality(phrase_lists);
            filters := filters || NULL::jsonb;
            at := at + 1;
            CONTINUE;
        ELSIF NOT operand AND k IN ('AND', 'OR', 'NOT', ')', 'end') THEN
            LOOP
                operator := operators[cardinality(operators)];
                EXIT WHEN coalesce(operator, '(') = '('
                          OR (strpos('OR AND NOT', k) > strpos('OR AND NOT', operator)
                              AND k NOT IN (')', 'end'));
                node_kinds := node_kinds || pg_catalog.lower(operator);
                node_left := node_left || nodes[cardinality(nodes) - 1];
                node_right := node_right || nodes[cardinality(nodes)];
                nodes := trim_array(nodes, 2) || cardinality(node_kinds);
                operators := trim_array(operators, 1);
            END LOOP;
            IF k IN ('AND', 'OR', 'NOT') THEN
                operators := operators || k;
                operand := true;
            ELSIF k = ')' AND operator = '(' THEN
                filter := filters[cardinality(filters)];
                IF filter IS NOT NULL THEN
                    FOR i IN opened[cardinality(opened)] + 1 .. cardinality(phrase_lists) LOOP
                        SELECT array_agg(c::integer ORDER BY c::integer) INTO numbers
                        FROM jsonb_array_elements_text(filter) AS c
                        WHERE group_filters[i] IS NULL OR group_filters[i] @> c::jsonb;
                        group_filters[i] := to_jsonb(coalesce(numbers, '{}'));
                    END LOOP;
                END IF;
                operators := trim_array(operators, 1);
                opened := trim_array(opened, 1);
                filters := trim_array(filters, 1);
                listed := false;
            ELSIF k = 'end' AND operator IS NULL THEN
                EXIT;
            ELSE
                PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
            END IF;
            at := at + 1;
            CONTINUE;
        ELSIF NOT (operand OR listed) OR k NOT IN ('word', '-', '{', '^') THEN
            PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
        END IF;

        implicit := NOT operand;
        filter := NULL;
        IF k IN ('-', '{') OR (k = 'word' AND kinds[at + 1] = ':') THEN  -- a column filter
            inverted := k = '-';
            at := at + inverted::integer;
            numbers := '{}';
            IF kinds[at] = 'word' THEN
                IF kinds[at + 1] NOT IN ('open', 'bad') THEN
                    numbers := ARRAY[sqlite._fts_column(words[at], columns)];
                END IF;
                at := at + 1;
            ELSIF kinds[at] = '{' THEN
                at := at + 1;
                WHILE kinds[at] = 'word' LOOP
                    IF kinds[at + 1] NOT IN ('open', 'bad') THEN
                        numbers := numbers || sqlite._fts_column(words[at], columns);
                    END IF;
                    at := at + 1;
                END LOOP;
                IF kinds[at] = '}' AND numbers <> '{}' THEN
                    at := at + 1;
                ELSE
                    numbers := NULL;
                END IF;
            ELSE
                numbers := NULL;
            END IF;
            IF numbers IS NULL OR kinds[at] <> ':' THEN
                IF kinds[at] = 'open' THEN
                    PERFORM sqlite._fts_error('unterminated string');
                END IF;
                PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
            END IF;
            at := at + 1;
            SELECT coalesce(jsonb_agg(n ORDER BY n), '[]') INTO filter
            FROM generate_series(0, cardinality(columns) - 1) AS n
            WHERE (n = ANY (numbers)) <> inverted;
            IF kinds[at] = '(' AND NOT implicit THEN
                operators := operators || '('::text;
                opened := opened || cardinality(phrase_lists);
                filters := filters || filter;
                at := at + 1;
                CONTINUE;
            END IF;
        END IF;

        initial := kinds[at] = '^';
        at := at + initial::integer;
        near := NULL;
        phrases := '[]';
        distance := 10;
        IF kinds[at] = 'word' AND kinds[at + 1] = '(' AND NOT initial THEN
            near := words[at];
            at := at + 2;
        END IF;
        LOOP  -- phrases, of which only NEAR has more than one
            tokens := '{}';
            prefixes := '{}';
            LOOP
                IF kinds[at] = 'open' THEN
                    PERFORM sqlite._fts_error('unterminated string');
                ELSIF kinds[at] <> 'word' THEN
                    PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
                END IF;
                word := words[at];
                IF word LIKE '"%' THEN
                    word := pg_catalog.replace(sqlite._fts_inside(word), '""', '"');
                END IF;
                at := at + 1;
                star := kinds[at] = '*';
                at := at + star::integer;
                more := sqlite.fts_tokens(word, tokenizer);
                tokens := tokens || more;
                IF cardinality(more) > 0 THEN
                    prefixes := prefixes || array_fill(0, ARRAY[cardinality(more)]);
                END IF;
                IF cardinality(tokens) > 0 THEN
                    prefixes[cardinality(tokens)] := star::integer;
                END IF;
                EXIT WHEN kinds[at] <> '+';
                at := at + 1;
            END LOOP;
            IF cardinality(tokens) > 0 THEN
                phrases := phrases || jsonb_build_object('t', tokens, 's', prefixes, 'f', initial);
            END IF;
            EXIT WHEN near IS NULL OR kinds[at] <> 'word';
        END LOOP;
        IF near IS NOT NULL THEN
            word := '10';
            IF kinds[at] = ',' THEN
                at := at + 1;
                IF kinds[at] = 'word' THEN
                    word := words[at];
                    at := at + 1;
                ELSE
                    word := NULL;
                END IF;
            END IF;
            IF kinds[at] = 'open' THEN
                PERFORM sqlite._fts_error('unterminated string');
            ELSIF word IS NULL OR kinds[at] <> ')' THEN
                PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
            END IF;
            at := at + 1;
            IF kinds[at] = 'open' THEN
                PERFORM sqlite._fts_error('unterminated string');
            ELSIF kinds[at] = 'bad' THEN
                PERFORM sqlite._fts_error('fts5: syntax error near "' || words[at] || '"');
            ELSIF near <> 'NEAR' THEN
                PERFORM sqlite._fts_error('fts5: syntax error near "' || near || '"');
            ELSIF word !~ '^[0-9]+$' THEN
                PERFORM sqlite._fts_error('expected integer, got "' || word || '"');
            END IF;
            distance := least(pg_catalog.left(pg_catalog.ltrim(word, '0') || '0', 11)::bigint / 10, 99999999);
        END IF;

        IF phrases = '[]' THEN
            IF implicit THEN
                CONTINUE;
            END IF;
            node_kinds := node_kinds || 'empty'::text;
            node_left := node_left || NULL::integer;
        ELSE
            phrase_lists := phrase_lists || phrases;
            distances := distances || distance;
            group_filters := group_filters || filter;
            node_kinds := node_kinds || 'group'::text;
            node_left := node_left || cardinality(phrase_lists);
        END IF;
        node_right := node_right || NULL::integer;
        IF NOT implicit THEN
            nodes := nodes || cardinality(node_kinds);
        ELSIF node_kinds[nodes[cardinality(nodes)]] = 'empty' THEN
            nodes[cardinality(nodes)] := cardinality(node_kinds);
        ELSE
            node_kinds := node_kinds || 'and'::text;
            node_left := node_left || nodes[cardinality(nodes)];
            node_right := node_right || (cardinality(node_kinds) - 1);
            nodes[cardinality(nodes)] := cardinality(node_kinds);
        END IF;
        operand := false;
        listed := true;
    END LOOP;
    RETURN jsonb_build_object(
        'kind', node_kinds, 'left', node_left, 'right', node_right,
        'groups', (SELECT coalesce(jsonb_agg(jsonb_build_object('p', phrase_lists[i], 'n', distances[i],
                                                                'c', group_filters[i]) ORDER BY i), '[]')
                   FROM generate_series(1, cardinality(phrase_lists)) AS i)
    );
END
$$;

-- Terms of a phrase one after the other as text of a tsquery, in column `place` of `count` (NULL: any of
-- them).
CREATE OR REPLACE FUNCTION sqlite._fts_terms(phrase jsonb, place integer, count integer) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT array_agg(
    sqlite._fts_quoted(
        CASE WHEN count > 4 AND place IS NOT NULL THEN E'\x01' || (place + 1) || ':' ELSE '' END
        || CASE WHEN prefix THEN pg_catalog.left(token, 480) ELSE sqlite._fts_lexeme(token) END)
    || CASE WHEN prefix THEN ':*' WHEN count BETWEEN 2 AND 4 AND place IS NOT NULL THEN ':' ELSE '' END
    || CASE WHEN count BETWEEN 2 AND 4 AND place IS NOT NULL THEN pg_catalog.substr('ABCD', place + 1, 1)
            ELSE '' END
    ORDER BY n)
FROM (SELECT token, phrase #>> ARRAY['s', (n - 1)::text] = '1' AS prefix, n
      FROM jsonb_array_elements_text(phrase -> 't') WITH ORDINALITY AS t (token, n)) AS terms
$$;

-- Two phrases of which the second begins `distance` tokens after the first, both as from _fts_terms.
CREATE OR REPLACE FUNCTION sqlite._fts_apart(one text[], two text[], distance integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN distance >= cardinality(one) - 1 THEN
    '(' || array_to_string(one, '<->') || ')<' || distance - cardinality(one) + 1 || '>('
        || array_to_string(two, '<->') || ')'
ELSE  -- they overlap
    (SELECT pg_catalog.string_agg(coalesce('(' || one[n] || '&' || two[n - distance] || ')',
                                           one[n], two[n - distance]), '<->' ORDER BY n)
     FROM generate_series(1, greatest(cardinality(one), distance + cardinality(two))) AS n)
END
$$;

-- Phrases within `distance` tokens of each other in one column. The phrase that ends first comes first in the
-- text of two; of more, each is taken as that one, and the others are counted from its first token on.
CREATE OR REPLACE FUNCTION sqlite._fts_near(phrases jsonb, distance integer, place integer, count integer)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    number integer := jsonb_array_length(phrases);
    one text[];
    two text[];
    part text;
    parts text[];
    result text[] := '{}';
BEGIN
    IF distance > 256 THEN  -- too many distances: anywhere in the column
        SELECT pg_catalog.string_agg(
            '(' || array_to_string(sqlite._fts_terms(p, place, count), '<->') || ')', '&') INTO part
        FROM jsonb_array_elements(phrases) AS p;
        RETURN part;
    END IF;
    FOR i IN 0 .. number - 1 LOOP
        one := sqlite._fts_terms(phrases -> i, place, count);
        parts := '{}';
        FOR j IN 0 .. number - 1 LOOP
            CONTINUE WHEN i = j;
            two := sqlite._fts_terms(phrases -> j, place, count);
            SELECT pg_catalog.string_agg('(' || sqlite._fts_apart(one, two, d) || ')', '|' ORDER BY d)
            INTO part
            FROM generate_series(
                CASE WHEN number = 2 THEN 0 ELSE greatest(cardinality(one) - cardinality(two), 0) END,
                cardinality(one) + distance) AS d;
            parts := parts || ('(' || part || ')');
        END LOOP;
        IF number > 2 THEN
            result := result || ('(' || one[1] || '<0>(' || array_to_string(parts, '&') || '))');
        ELSE
            result := result || parts;
        END IF;
    END LOOP;
    RETURN array_to_string(result, '|');
END
$$;

-- A match expression of FTS5 for vectors of fts_vector with these columns, in their order. Where nothing can
-- match it is the empty query. Not as in FTS5: NEAR beyond 256 tokens is only AND in one column; NEAR of
-- three or more phrases does not see one that begins before, and goes on into, the one that ends first.
CREATE OR REPLACE FUNCTION sqlite.fts_query(match text, tokenizer text, columns text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite._fts_query(sqlite.fts_parse(match, tokenizer, columns), cardinality(columns)) $$;

CREATE OR REPLACE FUNCTION sqlite._fts_query(parsed jsonb, count integer) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    root integer := jsonb_array_length(parsed -> 'kind');
    texts text[];
    kind text COLLATE "C";
    one text;
    two text;
    part jsonb;
    filter jsonb;
BEGIN
    IF parsed IS NULL THEN
        RETURN NULL;
    END IF;
    FOR i IN 1 .. root LOOP
        kind := parsed #>> ARRAY['kind', (i - 1)::text];
        one := NULL;
        IF kind IN ('and', 'or', 'not') THEN
            one := texts[(parsed #>> ARRAY['left', (i - 1)::text])::integer];
            two := texts[(parsed #>> ARRAY['right', (i - 1)::text])::integer];
            one := CASE kind
                WHEN 'and' THEN '(' || one || '&' || two || ')'
                WHEN 'or' THEN coalesce('(' || one || '|' || two || ')', one, two)
                WHEN 'not' THEN coalesce('(' || one || '&!' || two || ')', one) END;
        ELSIF kind = 'group' THEN
            part := parsed -> 'groups' -> ((parsed #>> ARRAY['left', (i - 1)::text])::integer - 1);
            filter := part -> 'c';
            IF filter = 'null' OR filter IS NULL THEN
                filter := CASE WHEN count = 1 OR jsonb_array_length(part -> 'p') = 1 THEN '[null]'
                               ELSE (SELECT jsonb_agg(n) FROM generate_series(0, count - 1) AS n) END;
            ELSIF count = 1 AND filter <> '[]' THEN
                filter := '[null]';
            END IF;
            SELECT '(' || pg_catalog.string_agg(
                CASE WHEN jsonb_array_length(part -> 'p') = 1 THEN
                    CASE WHEN (part #>> '{p,0,f}')::boolean THEN E'''\x01^''<->' ELSE '' END
                    || array_to_string(sqlite._fts_terms(part #> '{p,0}', place::integer, count), '<->')
                ELSE
                    '(' || sqlite._fts_near(part -> 'p', (part -> 'n')::integer, place::integer, count) || ')'
                END, '|') || ')'
            INTO one
            FROM jsonb_array_elements_text(filter) AS place;
        END IF;
        texts[i] := one;
    END LOOP;
    RETURN coalesce(texts[root], '')::tsquery;
END
$$;

-- Where the phrases of an expression that was parsed stand in a row: given as the tokens of its columns, the
-- lexeme U+0001 `^` before each, or as its vector. `phrases`, `places` (columns) and `offsets` count from 0
-- and are in the order of the text. A phrase counts where its part of the expression is true, and in NEAR
-- where it takes part. If the row has all tokens of a NEAR that is not true, beside an OR or on the right of
-- NOT, FTS5 also counts its phrases before the first that is missing, as is done here, and those after it
-- with their places in an earlier row, which cannot be had. Such a NEAR or column filter below AND may also
-- cost FTS5 places elsewhere.
CREATE OR REPLACE FUNCTION sqlite._fts_instances(
    parsed jsonb, tokens text[], vector tsvector,
    OUT matched boolean, OUT phrases integer[], OUT places integer[], OUT offsets integer[],
    OUT sizes integer[]
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    given text[] COLLATE "C" := tokens;
    wide CONSTANT bigint := 4294967296;
    bases integer[];
    part jsonb;
    phrase jsonb;
    term text COLLATE "C";
    prefix boolean;
    terms text[] COLLATE "C";
    found integer[];
    chain integer[];
    hits bigint[];      -- column and offset of what is found, phrase after phrase
    owners integer[];   -- the phrase of each
    all_hits bigint[] := '{}';
    all_owners integer[] := '{}';
    groups integer[] := '{}';      -- of each phrase
    group_true boolean[] := '{}';
    group_here boolean[] := '{}';  -- every token is in the row
    here boolean;
    missing integer;
    first_phrase integer;
    number integer := 0;
    at integer[];
    until integer[];
    ahead integer[];
    smallest bigint;
    largest bigint;
    agreed boolean;
    best integer;
    last bigint[];
    near_hits bigint[];
    near_owners integer[];
    distance bigint;
    root integer := jsonb_array_length(parsed -> 'kind');
    true_nodes boolean[];
    here_nodes boolean[];
    active boolean[];
    active_groups integer[] := '{}';
    kind text COLLATE "C";
    l integer;
    r integer;
BEGIN
    sizes := '{}';
    IF given IS NULL THEN
        SELECT positions INTO bases FROM unnest(vector) WHERE lexeme COLLATE "C" = E'\x01^';
    ELSE
        bases := array_positions(given, E'\x01^');
    END IF;
    FOR part IN SELECT jsonb_array_elements(parsed -> 'groups') LOOP
        hits := '{}';
        owners := '{}';
        first_phrase := number;
        here := true;
        FOR phrase IN SELECT jsonb_array_elements(part -> 'p') LOOP
            chain := NULL;
            terms := ARRAY(SELECT e FROM jsonb_array_elements_text(phrase -> 't') WITH ORDINALITY AS t (e, n)
                           ORDER BY n);
            FOR i IN 1 .. cardinality(terms) LOOP
                term := terms[i];
                prefix := phrase #>> ARRAY['s', (i - 1)::text] = '1';
                IF prefix THEN
                    IF given IS NULL THEN
                        found := ARRAY(SELECT p FROM unnest(vector) AS v, unnest(v.positions) AS p
                                       WHERE starts_with(v.lexeme, pg_catalog.left(term, 480)));
                    ELSE
                        found := ARRAY(SELECT n FROM unnest(given) WITH ORDINALITY AS t (e, n)
                                       WHERE starts_with(e, term));
                    END IF;
                ELSIF given IS NULL THEN
                    found := ARRAY(SELECT unnest(positions) FROM unnest(vector)
                                   WHERE lexeme COLLATE "C" = sqlite._fts_lexeme(term));
                ELSE
                    found := array_positions(given, term);
                END IF;
                here := here AND found <> '{}'
                    AND (NOT prefix OR coalesce(part -> 'c', 'null') = 'null'
                         OR EXISTS (SELECT FROM unnest(found) AS f
                                    WHERE part -> 'c' @> to_jsonb(width_bucket(f, bases) - 1)));
                IF i = 1 THEN
                    chain := found;
                ELSE
                    chain := ARRAY(SELECT unnest(chain) INTERSECT SELECT f - i + 1 FROM unnest(found) AS f);
                END IF;
            END LOOP;
            SELECT hits || array_agg((place - 1) * wide + p - bases[place] - 1 ORDER BY p),
                   owners || array_agg(number ORDER BY p)
            INTO hits, owners
            FROM (SELECT p, width_bucket(p, bases) AS place FROM unnest(chain) AS p) AS t
            WHERE (NOT (phrase ->> 'f')::boolean OR p - 1 = ANY (bases))
              AND (coalesce(part -> 'c', 'null') = 'null' OR part -> 'c' @> to_jsonb(place - 1));
            sizes := sizes || cardinality(terms);
            groups := groups || (cardinality(group_true) + 1);
            number := number + 1;
        END LOOP;
        IF number - first_phrase > 1 THEN
            -- FTS5's own way through the lists, since it settles what counts as part of the match.
            distance := (part ->> 'n')::bigint;
            near_hits := '{}';
            near_owners := '{}';
            at := '{}';
            until := '{}';
            last := '{}';
            FOR i IN first_phrase .. number - 1 LOOP
                at := at || array_position(owners, i);
                until := until || array_position(owners, i) + cardinality(array_positions(owners, i)) - 1;
                last := last || -1::bigint;
            END LOOP;
            missing := array_position(at, NULL);
            IF missing IS NULL THEN
                <<walk>>
                LOOP
                    largest := hits[at[1]];
                    LOOP
                        agreed := true;
                        FOR i IN 1 .. cardinality(at) LOOP
                            smallest := largest - sizes[first_phrase + i] - distance;
                            IF hits[at[i]] < smallest OR hits[at[i]] > largest THEN
                                agreed := false;
                                WHILE hits[at[i]] < smallest LOOP
                                    EXIT walk WHEN at[i] = until[i];
                                    at[i] := at[i] + 1;
                                END LOOP;
                                largest := greatest(largest, hits[at[i]]);
                            END IF;
                        END LOOP;
                        EXIT WHEN agreed;
                    END LOOP;
                    best := 1;
                    FOR i IN 1 .. cardinality(at) LOOP
                        IF hits[at[i]] <> last[i] THEN
                            near_hits := near_hits || hits[at[i]];
                            near_owners := near_owners || (first_phrase + i - 1);
                            last[i] := hits[at[i]];
                        END IF;
                        IF at[i] < until[i]
                           AND (at[best] = until[best] OR hits[at[i] + 1] < hits[at[best] + 1]) THEN
                            best := i;
                        END IF;
                    END LOOP;
                    EXIT WHEN at[best] = until[best];
                    at[best] := at[best] + 1;
                END LOOP;
            END IF;
            IF missing IS NULL THEN
                hits := near_hits;
                owners := near_owners;
            ELSE
                hits := trim_array(hits, cardinality(hits) - coalesce(until[missing - 1], 0));
                owners := trim_array(owners, cardinality(owners) - coalesce(until[missing - 1], 0));
            END IF;
        ELSE
            missing := NULL;
        END IF;
        group_true := group_true || (missing IS NULL AND cardinality(hits) > 0);
        group_here := group_here || here;
        all_hits := all_hits || hits;
        all_owners := all_owners || owners;
    END LOOP;

    true_nodes := array_fill(false, ARRAY[root]);
    here_nodes := array_fill(false, ARRAY[root]);
    active := array_fill(false, ARRAY[root]);
    FOR i IN 1 .. root LOOP
        kind := parsed #>> ARRAY['kind', (i - 1)::text];
        l := (parsed #>> ARRAY['left', (i - 1)::text])::integer;
        r := (parsed #>> ARRAY['right', (i - 1)::text])::integer;
        CASE kind
        WHEN 'group' THEN
            true_nodes[i] := group_true[l];
            here_nodes[i] := group_here[l];
        WHEN 'and' THEN
            true_nodes[i] := true_nodes[l] AND true_nodes[r];
            here_nodes[i] := here_nodes[l] AND here_nodes[r];
        WHEN 'or' THEN
            true_nodes[i] := true_nodes[l] OR true_nodes[r];
            here_nodes[i] := here_nodes[l] OR here_nodes[r];
        WHEN 'not' THEN
            true_nodes[i] := true_nodes[l] AND NOT true_nodes[r];
            here_nodes[i] := here_nodes[l] AND NOT true_nodes[r];
        ELSE
        END CASE;
    END LOOP;
    matched := true_nodes[root];
    active[root] := matched;
    FOR i IN REVERSE root .. 1 LOOP
        CONTINUE WHEN NOT active[i];
        kind := parsed #>> ARRAY['kind', (i - 1)::text];
        l := (parsed #>> ARRAY['left', (i - 1)::text])::integer;
        r := (parsed #>> ARRAY['right', (i - 1)::text])::integer;
        IF kind = 'group' THEN
            active_groups := active_groups || l;
        ELSIF kind = 'and' THEN
            active[l] := true_nodes[i];
            active[r] := true_nodes[i];
        ELSIF kind = 'or' THEN
            active[l] := here_nodes[l];
            active[r] := here_nodes[r];
        ELSIF kind = 'not' THEN
            active[l] := here_nodes[l];
            active[r] := here_nodes[r] AND NOT true_nodes[r];
        END IF;
    END LOOP;
    SELECT array_agg(owner ORDER BY hit, owner), array_agg((hit / wide)::integer ORDER BY hit, owner),
           array_agg((hit % wide)::integer ORDER BY hit, owner)
    INTO phrases, places, offsets
    FROM unnest(all_hits, all_owners) AS t (hit, owner)
    WHERE groups[owner + 1] = ANY (active_groups);
END
$$;

-- The tokens of a row's columns, the lexeme U+0001 `^` before each column.
CREATE OR REPLACE FUNCTION sqlite._fts_row("values" text[], tokenizer text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    value text;
    result text[] := '{}';
BEGIN
    FOREACH value IN ARRAY "values" LOOP
        result := result || E'\x01^'::text || sqlite.fts_tokens(value, tokenizer);
    END LOOP;
    RETURN result;
END
$$;

-- Whether a row matches, exactly as in FTS5, of its columns' values and names.
CREATE OR REPLACE FUNCTION sqlite.fts_match("values" text[], columns text[], match text, tokenizer text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN match IS NULL THEN NULL
            ELSE (sqlite._fts_instances(sqlite.fts_parse(match, tokenizer, columns),
                                        sqlite._fts_row("values", tokenizer), NULL)).matched END
$$;

-- What bm25 needs to know of the whole table: tokens per row on average, then the weight (idf) of each
-- phrase. Reads the table, so it belongs in a subquery of its own.
CREATE OR REPLACE FUNCTION sqlite.fts_statistics(
    source regclass, vector_column name, match text, tokenizer text, columns text[]
) RETURNS double precision[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    parsed jsonb := sqlite.fts_parse(match, tokenizer, columns);
    part jsonb;
    phrase jsonb;
    single jsonb;
    counted bigint;
    total double precision;
    hits bigint;
    result double precision[];
BEGIN
    EXECUTE pg_catalog.format(
        'SELECT count(*), pg_catalog.sum(sqlite.fts_size(%1$I)) FROM %2$s WHERE %1$I IS NOT NULL',
        vector_column, source
    ) INTO counted, total;
    result := ARRAY[total / nullif(counted, 0)];
    FOR part IN SELECT jsonb_array_elements(parsed -> 'groups') LOOP
        FOR phrase IN SELECT jsonb_array_elements(part -> 'p') LOOP
            single := jsonb_build_object(
                'kind', '["group"]'::jsonb, 'left', '[1]'::jsonb, 'right', '[null]'::jsonb,
                'groups', jsonb_build_array(part || jsonb_build_object('p', jsonb_build_array(phrase))));
            EXECUTE pg_catalog.format('SELECT count(*) FROM %s WHERE %I @@ $1', source, vector_column)
            INTO hits USING sqlite._fts_query(single, cardinality(columns));
            result := result || greatest(
                pg_catalog.ln((counted - hits + 0.5)::double precision / (hits + 0.5)::double precision), 0);
            IF result[cardinality(result)] <= 0 THEN
                result[cardinality(result)] := 1e-6;
            END IF;
        END LOOP;
    END LOOP;
    RETURN result;
END
$$;

-- Tokens of the row whose vector this is. No lexeme sorts before the one of the sizes.
CREATE OR REPLACE FUNCTION sqlite.fts_size(vector tsvector) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT pg_catalog.sum(size::bigint)::bigint
FROM unnest(string_to_array(pg_catalog.substr((tsvector_to_array(vector))[1], 3), ',')) AS size
$$;

-- FTS5's bm25, of a row that matches; `statistics` as from fts_statistics, `weights` of the columns (1 where
-- there is none).
CREATE OR REPLACE FUNCTION sqlite.fts_bm25(
    vector tsvector, match text, tokenizer text, columns text[], statistics double precision[],
    VARIADIC weights double precision[]
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite._fts_bm25(vector, sqlite.fts_parse(match, tokenizer, columns), statistics, weights) $$;

CREATE OR REPLACE FUNCTION sqlite.fts_bm25(
    vector tsvector, match text, tokenizer text, columns text[], statistics double precision[]
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite._fts_bm25(vector, sqlite.fts_parse(match, tokenizer, columns), statistics, '{}') $$;

CREATE OR REPLACE FUNCTION sqlite._fts_bm25(
    vector tsvector, parsed jsonb, statistics double precision[], weights double precision[]
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT sqlite.fts_score(vector, NULL, parsed, NULL, statistics, weights) $$;

-- What is asked of a table, as fts_parse gives it, for fts_search and fts_holds: `place` is the number from 0 of
-- the one column asked, NULL for all.
CREATE OR REPLACE FUNCTION sqlite.fts5_asked(match text, tokenizer text, columns text[], place integer)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_asked(sqlite._fts_within(sqlite.fts_parse(match, tokenizer, columns), place))
       || jsonb_build_object('columns', cardinality(columns))
$$;

-- The expression in one column: its own column filters can only narrow that.
CREATE OR REPLACE FUNCTION sqlite._fts_within(parsed jsonb, place integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN place IS NULL THEN parsed ELSE jsonb_set(parsed, '{groups}', (
    SELECT coalesce(jsonb_agg(
               part || jsonb_build_object('c', CASE
                   WHEN coalesce(part -> 'c', 'null') = 'null' OR part -> 'c' @> to_jsonb(place)
                   THEN jsonb_build_array(place) ELSE '[]' END) ORDER BY n), '[]')
    FROM jsonb_array_elements(parsed -> 'groups') WITH ORDINALITY AS g (part, n)
)) END
$$;

-- Two things asked of the same row, both from fts5_asked.
CREATE OR REPLACE FUNCTION sqlite.fts_both(one jsonb, two jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_asked(jsonb_build_object(
    'kind', (one -> 'kind') || (two -> 'kind') || '["and"]',
    'left', (one -> 'left') || moved.l || jsonb_build_array(size.nodes),
    'right', (one -> 'right') || moved.r || jsonb_build_array(size.nodes + jsonb_array_length(two -> 'kind')),
    'groups', (one -> 'groups') || (two -> 'groups'))) || jsonb_build_object('columns', one -> 'columns')
FROM (SELECT jsonb_array_length(one -> 'kind') AS nodes, jsonb_array_length(one -> 'groups') AS groups) AS size,
     LATERAL (
    SELECT jsonb_agg((two -> 'left' ->> n::integer)::integer
                     + CASE WHEN two -> 'kind' ->> n::integer = 'group' THEN size.groups ELSE size.nodes END
                     ORDER BY n) AS l,
           jsonb_agg((two -> 'right' ->> n::integer)::integer + size.nodes ORDER BY n) AS r
    FROM generate_series(0, jsonb_array_length(two -> 'kind') - 1) AS n
) AS moved
$$;

-- With `level`: 0 where a vector that lacks positions tells the truth, 1 where only a whole one does, 2 where a
-- tsquery cannot say what is meant. `terms` are the tokens, as text of a tsquery, where the expression is one AND
-- or one OR of single tokens in any column.
CREATE OR REPLACE FUNCTION sqlite._fts_asked(parsed jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT parsed || jsonb_build_object('level', levels.level)
       || CASE WHEN levels.single AND levels.level = 0
                    AND (SELECT count(DISTINCT k) FILTER (WHERE k <> 'group') < 2
                                AND count(*) FILTER (WHERE k IN ('not', 'empty')) = 0
                         FROM jsonb_array_elements_text(parsed -> 'kind') AS k)
          THEN jsonb_build_object('terms', levels.terms) ELSE '{}' END
FROM (
    SELECT coalesce(pg_catalog.max(CASE
               WHEN jsonb_array_length(part -> 'p') > 2 THEN 2
               WHEN jsonb_array_length(part -> 'p') = 2 AND (part ->> 'n')::integer > 256 THEN 2
               WHEN EXISTS (SELECT FROM jsonb_array_elements(part -> 'p') AS p,
                                        jsonb_array_elements_text(p -> 't') AS t
                            WHERE pg_catalog.length(t) > 480) THEN 2
               WHEN jsonb_array_length(part -> 'p') = 2 OR coalesce(part -> 'c', 'null') <> 'null'
                    OR jsonb_array_length(part #> '{p,0,t}') > 1 OR (part #>> '{p,0,f}')::boolean THEN 1
               ELSE 0 END), 0) AS level,
           coalesce(pg_catalog.bool_and(
               jsonb_array_length(part -> 'p') = 1 AND jsonb_array_length(part #> '{p,0,t}') = 1
               AND part #>> '{p,0,s,0}' = '0' AND NOT (part #>> '{p,0,f}')::boolean
               AND coalesce(part -> 'c', 'null') = 'null'), false) AS single,
           jsonb_agg(sqlite._fts_quoted(part #>> '{p,0,t,0}') ORDER BY n) AS terms
    FROM jsonb_array_elements(parsed -> 'groups') WITH ORDINALITY AS g (part, n)
) AS levels
$$;

-- What is asked of a table of FTS3 or FTS4, as fts5_asked has it: `place` is the number from 0 of the column that a
-- token without one of its own is looked for in. Of FTS4, `^` before a token wants it to be the first.
CREATE OR REPLACE FUNCTION sqlite.fts3_asked(
    match text, tokenizer text, columns text[], place integer, fts4 boolean
) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_asked(sqlite.fts3_parse(match, tokenizer, columns, place, fts4))
       || jsonb_build_object('columns', cardinality(columns))
$$;

CREATE OR REPLACE FUNCTION sqlite._fts3_error(match text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$ BEGIN RAISE 'malformed MATCH expression: [%]', match USING ERRCODE = '42601'; END $$;

-- A match expression of FTS3 and FTS4 (the enhanced query syntax) cut into operators, parentheses and phrases:
-- `k` is what it is, `n` the distance of NEAR, `p` a phrase as in fts_parse and `c` its column.
CREATE OR REPLACE FUNCTION sqlite._fts3_items(
    match text, tokenizer text, columns text[], place integer, fts4 boolean
) RETURNS jsonb[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    rest text COLLATE "C" := match;
    word text COLLATE "C";
    label text COLLATE "C";
    scan record;
    chosen integer;
    used integer;
    phrase jsonb;
    result jsonb[] := '{}';
BEGIN
    LOOP
        rest := pg_catalog.ltrim(rest, E' \t\n\r\x0b\x0c');
        EXIT WHEN rest = '';
        word := substring(rest FROM E'^(?:NEAR/[0-9]+|NEAR|AND|OR|NOT)(?=[ \\t\\n\\r\\v\\f"()]|$)');
        word := coalesce(word, substring(rest FROM '^[()]'));
        IF word IS NOT NULL THEN
            rest := pg_catalog.substr(rest, pg_catalog.length(word) + 1);
            result := result || jsonb_build_object(
                'k', split_part(word, '/', 1),
                'n', coalesce(pg_catalog.left(nullif(split_part(word, '/', 2), ''), 8), '10')::integer);
            CONTINUE;
        END IF;
        chosen := place;
        IF pg_catalog.left(rest, 1) = '"' THEN
            used := strpos(pg_catalog.substr(rest, 2), '"');
            IF used = 0 THEN
                PERFORM sqlite._fts3_error(match);
            END IF;
            word := pg_catalog.substr(rest, 2, used - 1);
            rest := pg_catalog.substr(rest, used + 2);
            scan := sqlite._fts_scan(word, tokenizer);
            used := 0;
        ELSE
            FOR i IN 1 .. cardinality(columns) LOOP
                label := columns[i] || ':';
                IF pg_catalog.lower(pg_catalog.left(rest, pg_catalog.length(label))) = pg_catalog.lower(label) THEN
                    chosen := i - 1;
                    rest := pg_catalog.substr(rest, pg_catalog.length(label) + 1);
                    EXIT;
                END IF;
            END LOOP;
            word := substring(rest FROM '^[^"()]*');
            EXIT WHEN word = '';  -- a column and nothing after it: SQLite reads no further
            scan := sqlite._fts_scan(word, tokenizer);
            used := pg_catalog.length(word);
            IF cardinality(scan.tokens) > 0 THEN
                scan.tokens := scan.tokens[1:1];
                used := scan.ends[1] + (pg_catalog.substr(word, scan.ends[1] + 1, 1) = '*')::integer;
            END IF;
            rest := pg_catalog.substr(rest, used + 1);
            CONTINUE WHEN coalesce(cardinality(scan.tokens), 0) = 0;
        END IF;
        SELECT jsonb_build_object(
            't', coalesce(jsonb_agg(token ORDER BY n), '[]'),
            's', coalesce(jsonb_agg((pg_catalog.substr(word, scan.ends[n] + 1, 1) = '*')::integer ORDER BY n), '[]'),
            'f', coalesce(pg_catalog.bool_or(n = 1 AND first), false),
            'x', coalesce(pg_catalog.bool_or(n > 1 AND first), false))
        INTO phrase
        FROM (SELECT token, n::integer AS n,
                     scan.starts[n] > 0 AND pg_catalog.substr(word, scan.starts[n], 1) = '^'
                     AND (fts4 OR used = 0) AS first
              FROM unnest(scan.tokens) WITH ORDINALITY AS t (token, n)) AS read;
        IF (phrase ->> 'x')::boolean THEN
            RAISE 'not supported: ^ inside a phrase' USING ERRCODE = '0A000';
        END IF;
        result := result || jsonb_build_object('k', 'phrase', 'p', phrase - 'x', 'c', chosen);
    END LOOP;
    RETURN result;
END
$$;

-- Whether one token can belong to both phrases.
CREATE OR REPLACE FUNCTION sqlite._fts3_coincide(one jsonb, two jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT EXISTS (
    SELECT FROM jsonb_array_elements_text(one -> 't') WITH ORDINALITY AS a (t, n),
                jsonb_array_elements_text(two -> 't') WITH ORDINALITY AS b (t, n)
    WHERE a.t COLLATE "C" = b.t OR (one #>> ARRAY['s', (a.n - 1)::text] = '1' AND starts_with(b.t, a.t))
          OR (two #>> ARRAY['s', (b.n - 1)::text] = '1' AND starts_with(a.t, b.t)))
$$;

-- A match expression of FTS3 and FTS4 as fts_parse has it. NEAR of three phrases, NEAR of phrases that share a
-- token, and `^` before another than the first token of a phrase, are refused.
CREATE OR REPLACE FUNCTION sqlite.fts3_parse(
    match text, tokenizer text, columns text[], place integer, fts4 boolean
) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    items jsonb[] := sqlite._fts3_items(match, tokenizer, columns, place, fts4);
    item jsonb;
    k text COLLATE "C";
    wanted boolean := true;  -- an operand has to come
    operators jsonb[] := '{}';
    top jsonb;
    nodes integer[] := '{}';
    kinds text[] := '{}';
    lefts integer[] := '{}';
    rights integer[] := '{}';
    groups jsonb[] := '{}';
    one integer;
    two integer;
BEGIN
    IF match IS NULL THEN
        RETURN NULL;
    ELSIF items = '{}' THEN
        items := ARRAY['{"k": "phrase", "p": {"t": []}}'::jsonb];
    END IF;
    items := items || '{"k": "end"}'::jsonb;
    FOR at IN 1 .. cardinality(items) LOOP
        item := items[at];
        k := item ->> 'k';
        IF k IN ('phrase', '(') AND NOT wanted THEN
            items[at] := '{"k": "AND"}';  -- what stands side by side
        END IF;
        LOOP
            EXIT WHEN k IN ('phrase', '(') AND wanted;
            IF wanted THEN
                PERFORM sqlite._fts3_error(match);
            END IF;
            LOOP
                top := operators[cardinality(operators)];
                EXIT WHEN top IS NULL OR top ->> 'k' = '('
                          OR strpos('NEAR NOT AND OR  )end', top ->> 'k')
                             > strpos('NEAR NOT AND OR  )end', items[at] ->> 'k');
                one := nodes[cardinality(nodes) - 1];
                two := nodes[cardinality(nodes)];
                IF top ->> 'k' = 'NEAR' THEN
                    IF kinds[one] <> 'group' OR kinds[two] <> 'group' THEN
                        PERFORM sqlite._fts3_error(match);
                    ELSIF jsonb_array_length(groups[lefts[one]] -> 'p') > 1 THEN
                        RAISE 'not supported: NEAR of more than two phrases' USING ERRCODE = '0A000';
                    ELSIF sqlite._fts3_coincide(groups[lefts[one]] #> '{p,0}', groups[lefts[two]] #> '{p,0}') THEN
                        RAISE 'not supported: NEAR of phrases that share a token' USING ERRCODE = '0A000';
                    END IF;
                    groups := groups || jsonb_build_object(
                        'p', (groups[lefts[one]] -> 'p') || (groups[lefts[two]] -> 'p'), 'n', top -> 'n',
                        'c', CASE WHEN groups[lefts[one]] -> 'c' = groups[lefts[two]] -> 'c'
                                       OR groups[lefts[two]] -> 'c' = 'null' THEN groups[lefts[one]] -> 'c'
                                  WHEN groups[lefts[one]] -> 'c' = 'null' THEN groups[lefts[two]] -> 'c'
                                  ELSE '[]' END);
                    kinds := kinds || 'group'::text;
                    lefts := lefts || cardinality(groups);
                    rights := rights || NULL::integer;
                ELSE
                    kinds := kinds || pg_catalog.lower(top ->> 'k');
                    lefts := lefts || one;
                    rights := rights || two;
                END IF;
                nodes := trim_array(nodes, 2) || cardinality(kinds);
                operators := trim_array(operators, 1);
            END LOOP;
            EXIT WHEN items[at] ->> 'k' = 'end' AND top IS NULL;
            IF items[at] ->> 'k' = ')' AND top IS NOT NULL THEN
                operators := trim_array(operators, 1);
                EXIT;
            ELSIF items[at] ->> 'k' IN ('end', ')') THEN
                PERFORM sqlite._fts3_error(match);
            END IF;
            operators := operators || items[at];
            wanted := true;
            EXIT WHEN k NOT IN ('phrase', '(');
        END LOOP;
        IF k = '(' THEN
            operators := operators || item;
        ELSIF k = 'phrase' THEN
            IF jsonb_array_length(item #> '{p,t}') = 0 THEN
                kinds := kinds || 'empty'::text;
                lefts := lefts || NULL::integer;
            ELSE
                groups := groups || jsonb_build_object(
                    'p', jsonb_build_array(item -> 'p'), 'n', 10,
                    'c', CASE WHEN item ->> 'c' IS NULL THEN 'null' ELSE jsonb_build_array(item -> 'c') END);
                kinds := kinds || 'group'::text;
                lefts := lefts || cardinality(groups);
            END IF;
            rights := rights || NULL::integer;
            nodes := nodes || cardinality(kinds);
            wanted := false;
        END IF;
    END LOOP;
    RETURN sqlite._fts3_compact(kinds, lefts, rights, groups, nodes[1]);
END
$$;

-- The expression of what its root needs, without phrases that became part of a NEAR or are not counted.
CREATE OR REPLACE FUNCTION sqlite._fts3_compact(
    kinds text[], lefts integer[], rights integer[], groups jsonb[], root integer
) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    used integer[] := ARRAY[root];
    at integer := 1;
BEGIN
    WHILE at <= cardinality(used) LOOP
        IF kinds[used[at]] NOT IN ('group', 'empty') THEN
            used := used || lefts[used[at]] || rights[used[at]];
        END IF;
        at := at + 1;
    END LOOP;
    used := ARRAY(SELECT DISTINCT u FROM unnest(used) AS u ORDER BY u);
    RETURN (
        SELECT jsonb_build_object(
            'kind', jsonb_agg(kinds[u] ORDER BY n),
            'left', jsonb_agg(CASE WHEN kinds[u] = 'group' THEN given ELSE array_position(used, lefts[u]) END ORDER BY n),
            'right', jsonb_agg(array_position(used, rights[u]) ORDER BY n),
            'groups', coalesce(jsonb_agg(groups[lefts[u]] ORDER BY n) FILTER (WHERE kinds[u] = 'group'), '[]'))
        FROM (SELECT u, n, count(*) FILTER (WHERE kinds[u] = 'group') OVER (ORDER BY n) AS given
              FROM unnest(used) WITH ORDINALITY AS t (u, n)) AS numbered);
END
$$;

-- What is asked, with every phrase to be marked where it stands: FTS3 marks all that the row has, except on the
-- right of NOT.
CREATE OR REPLACE FUNCTION sqlite._fts3_marked(asked jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    kinds text[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'kind'));
    lefts integer[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'left')::integer);
    rights integer[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'right')::integer);
BEGIN
    FOR i IN 1 .. cardinality(kinds) LOOP
        IF kinds[i] IN ('and', 'not') THEN
            rights[i] := CASE kinds[i] WHEN 'not' THEN lefts[i] ELSE rights[i] END;
            kinds[i] := 'or';
        END IF;
    END LOOP;
    RETURN sqlite._fts3_compact(kinds, lefts, rights, ARRAY(SELECT jsonb_array_elements(asked -> 'groups')),
                                cardinality(kinds));
END
$$;

-- snippet() of FTS3 and FTS4: up to four fragments that together hold every phrase. `place` is the column's number
-- from 0, or -1 for all; `tokens` the length of all fragments, or of each where it is negative.
CREATE OR REPLACE FUNCTION sqlite.fts3_snippet(
    "values" text[], asked jsonb, tokenizer text, opening text, closing text, ellipsis text, place integer,
    tokens integer
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    found record := sqlite._fts_instances(sqlite._fts3_marked(asked), sqlite._fts_row("values", tokenizer), NULL);
    size integer;
    seen integer[];
    covered integer[];
    best integer;
    held integer[];
    one record;
    columns integer[] := '{}';
    starts integer[] := '{}';
    result text := '';
BEGIN
    tokens := greatest(least(tokens, 64), -64);
    IF tokens = 0 THEN
        RETURN '';
    END IF;
    FOR fragments IN 1 .. 4 LOOP
        size := CASE WHEN tokens > 0 THEN (tokens + fragments - 1) / fragments ELSE -tokens END;
        covered := '{}';
        seen := '{}';
        columns := '{}';
        starts := '{}';
        FOR fragment IN 1 .. fragments LOOP
            best := -1;
            held := '{}';
            columns[fragment] := 0;
            starts[fragment] := 0;
            FOR i IN 0 .. cardinality("values") - 1 LOOP
                CONTINUE WHEN place >= 0 AND i <> place;
                one := sqlite._fts3_fragment(found.phrases, found.places, found.offsets, found.sizes, i, size, covered);
                seen := seen || one.seen;
                IF one.score > best THEN
                    best := one.score;
                    held := one.covered;
                    columns[fragment] := i;
                    starts[fragment] := one.start;
                END IF;
            END LOOP;
            covered := covered || held;
        END LOOP;
        EXIT WHEN seen <@ covered;
    END LOOP;
    FOR fragment IN 1 .. cardinality(starts) LOOP
        result := result || coalesce(sqlite._fts3_fragment_text(
            "values"[columns[fragment] + 1], tokenizer, found.phrases, found.places, found.offsets, found.sizes,
            columns[fragment], starts[fragment], size, fragment = 1, fragment = cardinality(starts),
            opening, closing, ellipsis), '');
    END LOOP;
    RETURN result;
END
$$;

-- The best fragment of a column: where it begins, its points (a phrase that no other fragment has is worth 1000),
-- and the phrases that it has; `seen` are those of the whole column.
CREATE OR REPLACE FUNCTION sqlite._fts3_fragment(
    phrases integer[], places integer[], offsets integer[], sizes integer[], place integer, size integer,
    others integer[], OUT start integer, OUT score integer, OUT covered integer[], OUT seen integer[]
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    owners integer[];
    ends integer[];  -- of the last token of each
    first integer := 0;
    points integer;
    held integer[];
    following integer;
BEGIN
    SELECT coalesce(array_agg(p ORDER BY p, e), '{}'), coalesce(array_agg(e ORDER BY p, e), '{}')
    INTO owners, ends
    FROM (SELECT phrases[i] AS p, offsets[i] + sizes[phrases[i] + 1] - 1 AS e
          FROM generate_series(1, cardinality(phrases)) AS i WHERE places[i] = place) AS found;
    seen := ARRAY(SELECT DISTINCT unnest(owners));
    start := 0;
    score := -1;
    covered := '{}';
    LOOP
        points := 0;
        held := '{}';
        FOR i IN 1 .. cardinality(ends) LOOP
            IF ends[i] BETWEEN first AND first + size - 1 THEN
                points := points + CASE WHEN owners[i] = ANY (held) OR owners[i] = ANY (others) THEN 1 ELSE 1000 END;
                held := held || owners[i];
            END IF;
        END LOOP;
        IF points > score THEN
            start := first;
            score := points;
            covered := held;
        END IF;
        SELECT pg_catalog.min(e) INTO following FROM unnest(ends) AS e WHERE e >= first + size;
        EXIT WHEN following IS NULL;
        first := following - size + 1;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION sqlite._fts3_fragment_text(
    value text, tokenizer text, phrases integer[], places integer[], offsets integer[], sizes integer[],
    place integer, start integer, size integer, is_first boolean, is_last boolean,
    opening text, closing text, ellipsis text
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    scan record := sqlite._fts_scan(value, tokenizer);
    count integer := coalesce(cardinality(scan.starts), 0);
    marked integer[];
    first integer := start;
    shift integer;
    result text := '';
    ended integer := 0;
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    ELSIF count <= start THEN
        RETURN value;
    END IF;
    marked := ARRAY(
        SELECT DISTINCT offsets[i] + sizes[phrases[i] + 1] - 1 - j
        FROM generate_series(1, cardinality(phrases)) AS i,
             generate_series(0, least(sizes[phrases[i] + 1], size) - 1) AS j
        WHERE places[i] = place AND offsets[i] + sizes[phrases[i] + 1] - 1 BETWEEN start AND start + size - 1
              AND offsets[i] + sizes[phrases[i] + 1] - 1 - j >= start);
    IF marked <> '{}' THEN
        SELECT ((pg_catalog.min(m) - start) - (start + size - 1 - pg_catalog.max(m))) / 2 INTO shift
        FROM unnest(marked) AS m;
        IF shift > 0 THEN
            first := first + greatest(least(shift, count - start - size), 0);
        END IF;
    END IF;
    IF first > 0 OR NOT is_first THEN
        result := ellipsis;
    ELSE
        result := pg_catalog.left(value, scan.starts[1]);
    END IF;
    FOR i IN first .. count - 1 LOOP
        IF i >= first + size THEN
            RETURN result || CASE WHEN is_last THEN ellipsis ELSE '' END;
        END IF;
        IF i > first THEN
            result := result || pg_catalog.substr(value, ended + 1, scan.starts[i + 1] - ended);
        END IF;
        result := result || CASE WHEN i = ANY (marked) THEN opening ELSE '' END
                  || pg_catalog.substr(value, scan.starts[i + 1] + 1, scan.ends[i + 1] - scan.starts[i + 1])
                  || CASE WHEN i = ANY (marked) THEN closing ELSE '' END;
        ended := scan.ends[i + 1];
    END LOOP;
    RETURN result || pg_catalog.substr(value, ended + 1);
END
$$;

-- offsets() of FTS3 and FTS4: column, term, first byte and number of bytes of each token of the phrases found.
CREATE OR REPLACE FUNCTION sqlite.fts3_offsets("values" text[], asked jsonb, tokenizer text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    found record;
    scan record;
    result text[] := '{}';
BEGIN
    found := sqlite._fts_instances(sqlite._fts3_marked(asked), sqlite._fts_row("values", tokenizer), NULL);
    FOR place IN 0 .. cardinality("values") - 1 LOOP
        CONTINUE WHEN coalesce(array_position(found.places, place), 0) = 0;
        scan := sqlite._fts_scan("values"[place + 1], tokenizer);
        result := result || ARRAY(
            SELECT pg_catalog.concat_ws(
                ' ', place, term,
                pg_catalog.octet_length(pg_catalog.left("values"[place + 1], scan.starts[token])),
                pg_catalog.octet_length(pg_catalog.substr("values"[place + 1], scan.starts[token] + 1,
                                                          scan.ends[token] - scan.starts[token])))
            FROM (SELECT DISTINCT found.offsets[i] + k AS token,
                         (SELECT coalesce(pg_catalog.sum(s), 0)
                          FROM unnest(found.sizes[1:found.phrases[i]]) AS s) + k - 1 AS term
                  FROM generate_series(1, cardinality(found.phrases)) AS i,
                       generate_series(1, found.sizes[found.phrases[i] + 1]) AS k
                  WHERE found.places[i] = place) AS terms
            ORDER BY token, term);
    END LOOP;
    RETURN array_to_string(result, ' ');
END
$$;

-- The same where every phrase asks only for its tokens, anywhere in the row, and NOT for nothing.
CREATE OR REPLACE FUNCTION sqlite._fts_loose(parsed jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    root integer := jsonb_array_length(parsed -> 'kind');
    texts text[];
    one text;
    two text;
BEGIN
    FOR i IN 1 .. root LOOP
        one := NULL;
        IF parsed #>> ARRAY['kind', (i - 1)::text] = 'group' THEN
            SELECT '(' || pg_catalog.string_agg(
                CASE WHEN p #>> ARRAY['s', (n - 1)::text] = '1'
                     THEN sqlite._fts_quoted(pg_catalog.left(t, 480)) || ':*'
                     ELSE sqlite._fts_quoted(sqlite._fts_lexeme(t)) END, '&') || ')'
            INTO one
            FROM jsonb_array_elements(
                     parsed -> 'groups' -> ((parsed #>> ARRAY['left', (i - 1)::text])::integer - 1) -> 'p') AS p,
                 jsonb_array_elements_text(p -> 't') WITH ORDINALITY AS terms (t, n);
        ELSIF parsed #>> ARRAY['kind', (i - 1)::text] <> 'empty' THEN
            one := texts[(parsed #>> ARRAY['left', (i - 1)::text])::integer];
            two := texts[(parsed #>> ARRAY['right', (i - 1)::text])::integer];
            one := CASE parsed #>> ARRAY['kind', (i - 1)::text]
                WHEN 'and' THEN '(' || one || '&' || two || ')'
                WHEN 'or' THEN coalesce('(' || one || '|' || two || ')', one, two)
                ELSE one END;
        END IF;
        texts[i] := one;
    END LOOP;
    RETURN coalesce(texts[root], '')::tsquery;
END
$$;

-- A query that finds every row that matches; fts_holds tells which of them do.
CREATE OR REPLACE FUNCTION sqlite.fts_search(asked jsonb, count integer) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    loose tsquery := sqlite._fts_loose(asked);
    level integer := asked ->> 'level';
    result tsquery;
BEGIN
    IF asked IS NULL THEN
        RETURN NULL;
    ELSIF numnode(loose) = 0 THEN
        RETURN loose;
    ELSIF level = 2 THEN
        result := loose;
    ELSE
        result := sqlite._fts_query(asked, count);
        IF level = 1 THEN
            result := result || (E'''\x01%'''::tsquery && loose);
        END IF;
    END IF;
    RETURN result || E'''\x01&'''::tsquery;
END
$$;

-- Whether a row that fts_search finds matches indeed, of its vector and its columns' values.
CREATE OR REPLACE FUNCTION sqlite.fts_holds(vector tsvector, "values" text[], asked jsonb, tokenizer text)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    level text COLLATE "C" := asked ->> 'level';
BEGIN
    IF (level = '0' AND NOT vector @@ E'''\x01&'''::tsquery) OR (level = '1' AND NOT vector @@ E'''\x01%'''::tsquery) THEN
        RETURN true;
    END IF;
    RETURN (sqlite._fts_instances(asked, sqlite._fts_row("values", tokenizer), NULL)).matched;
END
$$;

-- Tokens of the row whose vector this is, with that many columns. ts_rank divides by the number of positions, and
-- of lexemes without one, when told so, which is much faster than to look for the sizes.
CREATE OR REPLACE FUNCTION sqlite._fts_length(vector tsvector, count integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN vector @@ E'''\x01%'''::tsquery THEN sqlite.fts_size(vector)
            ELSE (round(ts_rank(vector, E'''\x01#'':*'::tsquery)::double precision
                        / ts_rank(vector, E'''\x01#'':*'::tsquery, 2))::bigint - 1 - count)
                 / CASE WHEN count > 4 THEN 2 ELSE 1 END END
$$;

-- How often a single lexeme stands in a vector, at most 255 times. The rank of one is 6 / pi^2 times the sum of
-- 1 / n^2 over its places, from which their number can be told.
CREATE OR REPLACE FUNCTION sqlite._fts_count(vector tsvector, lexeme tsquery) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT width_bucket(ts_rank('{1,1,1,1}', vector, lexeme) * 1.64493406685::double precision,
                    sqlite._fts_thresholds())
$$;

-- The same over the columns, each with its weight, 1 where there is none; `lexeme` is quoted.
CREATE OR REPLACE FUNCTION sqlite._fts_weighed(
    vector tsvector, lexeme text, count integer, weights double precision[]
) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    result double precision := 0;
BEGIN
    FOR place IN 1 .. count LOOP
        result := result + coalesce(weights[place], 1) * CASE
            WHEN count = 1 THEN sqlite._fts_count(vector, lexeme::tsquery)
            WHEN count < 5 THEN sqlite._fts_count(
                ts_filter(vector, ARRAY[pg_catalog.substr('abcd', place, 1)::"char"]), lexeme::tsquery)
            ELSE sqlite._fts_count(
                vector, ('''' || E'\x01' || place || ':' || pg_catalog.substr(lexeme, 2))::tsquery) END;
    END LOOP;
    RETURN result;
END
$$;

-- Values between the sums of 1 / n^2 up to n - 1 and up to n.
CREATE OR REPLACE FUNCTION sqlite._fts_thresholds() RETURNS double precision[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT array_agg(sum ORDER BY n)
FROM (SELECT n, pg_catalog.sum(1 / (n * n)) OVER (ORDER BY n) - 1 / (2 * n * n) AS sum
      FROM (SELECT g::double precision AS n FROM generate_series(1, 256) AS g) AS numbers) AS sums
$$;

-- What fts_score needs to know of the whole table, as from fts_statistics. `columns` is SQL for the values of a
-- row's columns, `count` how many there are. Reads the table, so it belongs in a subquery of its own.
CREATE OR REPLACE FUNCTION sqlite.fts_totals(
    source regclass, vector_column name, columns text, count integer, asked jsonb, tokenizer text
) RETURNS double precision[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    part jsonb;
    phrase jsonb;
    single jsonb;
    counted bigint;
    total double precision;
    hits bigint;
    idf double precision;
    result double precision[];
BEGIN
    EXECUTE pg_catalog.format(
        'SELECT count(*), pg_catalog.sum(sqlite._fts_length(%1$I, $1)) FROM %2$s', vector_column, source
    ) INTO counted, total USING count;
    result := ARRAY[total / nullif(counted, 0)];
    FOR part IN SELECT jsonb_array_elements(asked -> 'groups') LOOP
        FOR phrase IN SELECT jsonb_array_elements(part -> 'p') LOOP
            single := sqlite._fts_asked(jsonb_build_object(
                'kind', '["group"]'::jsonb, 'left', '[1]'::jsonb, 'right', '[null]'::jsonb,
                'groups', jsonb_build_array(part || jsonb_build_object('p', jsonb_build_array(phrase)))));
            EXECUTE pg_catalog.format(
                'SELECT count(*) FROM %1$s WHERE %2$I @@ $1 AND sqlite.fts_holds(%2$I, %3$s, $2, $3)',
                source, vector_column, columns)
            INTO hits USING sqlite.fts_search(single, count), single, tokenizer;
            idf := pg_catalog.ln((counted - hits + 0.5)::double precision / (hits + 0.5)::double precision);
            result := result || CASE WHEN idf > 0 THEN idf ELSE 1e-6 END;
        END LOOP;
    END LOOP;
    RETURN result;
END
$$;

-- FTS5's bm25 of a row that matches, of its vector and, where that is cut, its columns' values.
CREATE OR REPLACE FUNCTION sqlite.fts_score(
    vector tsvector, "values" text[], asked jsonb, tokenizer text, totals double precision[],
    weights double precision[]
) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    found record;
    size double precision := CASE WHEN asked ? 'columns'
                                  THEN sqlite._fts_length(vector, (asked ->> 'columns')::integer)
                                  ELSE sqlite.fts_size(vector) END;
    frequencies double precision[] := '{}';
    phrase integer;
    term text COLLATE "C";
    result double precision := 0;
    cut boolean := "values" IS NOT NULL AND vector @@ E'''\x01%'''::tsquery;
BEGIN
    IF vector IS NULL OR asked IS NULL THEN
        RETURN NULL;
    ELSIF asked ? 'terms' AND NOT cut THEN
        FOR i IN 1 .. jsonb_array_length(asked -> 'terms') LOOP
            term := asked #>> ARRAY['terms', (i - 1)::text];
            IF weights = '{}' THEN
                frequencies[i] := sqlite._fts_count(vector, term::tsquery);
            ELSE
                frequencies[i] := sqlite._fts_weighed(vector, term, (asked ->> 'columns')::integer, weights);
            END IF;
        END LOOP;
    ELSE
        IF cut THEN
            found := sqlite._fts_instances(asked, sqlite._fts_row("values", tokenizer), NULL);
        ELSE
            found := sqlite._fts_instances(asked, NULL, vector);
        END IF;
        IF cardinality(found.sizes) > 0 THEN
            frequencies := array_fill(0::double precision, ARRAY[cardinality(found.sizes)]);
        END IF;
        FOR i IN 1 .. coalesce(cardinality(found.phrases), 0) LOOP
            phrase := found.phrases[i] + 1;
            frequencies[phrase] := frequencies[phrase] + coalesce(weights[found.places[i] + 1], 1);
        END LOOP;
    END IF;
    FOR i IN 1 .. cardinality(frequencies) LOOP
        result := result + totals[i + 1] * (frequencies[i] * 2.2::double precision
            / (frequencies[i] + 1.2::double precision * (0.25::double precision
                                                         + 0.75::double precision * size / totals[1])));
    END LOOP;
    RETURN -result;
END
$$;

-- Ranges of tokens to mark in one column: phrases that overlap are one.
CREATE OR REPLACE FUNCTION sqlite._fts_ranges(
    found_places integer[], found_offsets integer[], found_phrases integer[], phrase_sizes integer[],
    place integer, OUT starts integer[], OUT ends integer[]
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    last integer;
    number integer := 0;
BEGIN
    starts := '{}';
    ends := '{}';
    FOR i IN 1 .. coalesce(cardinality(found_places), 0) LOOP
        CONTINUE WHEN found_places[i] <> place;
        last := found_offsets[i] - 1 + phrase_sizes[found_phrases[i] + 1];
        IF number > 0 AND found_offsets[i] <= ends[number] THEN
            ends[number] := greatest(ends[number], last);
        ELSE
            number := number + 1;
            starts[number] := found_offsets[i];
            ends[number] := last;
        END IF;
    END LOOP;
END
$$;

-- A text with its ranges marked; from token `range_start` to `range_end` where that is not -1, up to what is
-- left of the text after it, from character `done` on.
CREATE OR REPLACE FUNCTION sqlite._fts_marked(
    value text, starts integer[], ends integer[], range_starts integer[], range_ends integer[],
    opening text, closing text, range_start integer, range_end integer, OUT result text, OUT done integer
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    number integer := 1;
    open boolean := false;
    first integer;
    last integer;
BEGIN
    result := '';
    done := 0;
    WHILE range_end >= 0 AND range_starts[number] < range_start LOOP
        number := number + 1;
    END LOOP;
    FOR place IN 0 .. coalesce(cardinality(starts), 0) - 1 LOOP
        IF range_end >= 0 THEN
            CONTINUE WHEN place < range_start;
            EXIT WHEN place > range_end;
            IF range_start > 0 AND place = range_start THEN
                done := starts[place + 1];
            END IF;
        END IF;
        first := coalesce(range_starts[number], -1);
        last := coalesce(range_ends[number], -1);
        IF open AND (place <= first OR first < 0) AND starts[place + 1] >= done THEN
            result := result || closing;
            open := false;
        END IF;
        IF place = first AND NOT open THEN
            result := result || pg_catalog.substr(value, done + 1, starts[place + 1] - done) || opening;
            done := starts[place + 1];
            open := true;
        END IF;
        IF place = last THEN
            IF NOT open THEN
                result := result || opening;
                open := true;
            END IF;
            result := result || pg_catalog.substr(value, done + 1, greatest(ends[place + 1] - done, 0));
            done := ends[place + 1];
            number := number + 1;
            first := coalesce(range_starts[number], -1);
        END IF;
        IF place = range_end THEN
            IF open THEN
                IF first >= 0 AND place >= first THEN
                    result := result
                              || pg_catalog.substr(value, done + 1, greatest(ends[place + 1] - done, 0));
                    done := ends[place + 1];
                END IF;
                result := result || closing;
                open := false;
            END IF;
            result := result || pg_catalog.substr(value, done + 1, greatest(ends[place + 1] - done, 0));
            done := ends[place + 1];
        END IF;
    END LOOP;
    IF open THEN
        result := result || closing;
    END IF;
END
$$;

-- highlight() of column `place` (from 0) of a row, of its columns' values and names.
CREATE OR REPLACE FUNCTION sqlite.fts_highlight(
    "values" text[], columns text[], place integer, match text, tokenizer text, opening text, closing text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_highlight("values", place, sqlite.fts_parse(match, tokenizer, columns), tokenizer,
                             opening, closing)
$$;

-- highlight() of a text that is its table's only column.
CREATE OR REPLACE FUNCTION sqlite.fts_highlight(
    value text, match text, tokenizer text, opening text, closing text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_highlight(ARRAY[value], 0, sqlite.fts_parse(match, tokenizer, '{""}'), tokenizer,
                             opening, closing)
$$;

CREATE OR REPLACE FUNCTION sqlite._fts_highlight(
    "values" text[], place integer, parsed jsonb, tokenizer text, opening text, closing text
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    value text := "values"[place + 1];
    found record;
    scan record;
    ranges record;
    marked record;
BEGIN
    IF parsed IS NULL OR value IS NULL THEN
        RETURN value;
    END IF;
    found := sqlite._fts_instances(parsed, sqlite._fts_row("values", tokenizer), NULL);
    scan := sqlite._fts_scan(value, tokenizer);
    ranges := sqlite._fts_ranges(found.places, found.offsets, found.phrases, found.sizes, place);
    marked := sqlite._fts_marked(value, scan.starts, scan.ends, ranges.starts, ranges.ends,
                                 coalesce(opening, ''), coalesce(closing, ''), 0, -1);
    RETURN marked.result || pg_catalog.substr(value, marked.done + 1);
END
$$;

-- snippet() of column `place` (from 0; -1: the best) of a row, of its columns' values and names.
CREATE OR REPLACE FUNCTION sqlite.fts_snippet(
    "values" text[], columns text[], place integer, match text, tokenizer text,
    opening text, closing text, ellipsis text, tokens integer
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_snippet("values", place, sqlite.fts_parse(match, tokenizer, columns), tokenizer,
                           opening, closing, ellipsis, tokens)
$$;

-- snippet() of a text that is its table's only column.
CREATE OR REPLACE FUNCTION sqlite.fts_snippet(
    value text, match text, tokenizer text, opening text, closing text, ellipsis text, tokens integer
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT sqlite._fts_snippet(ARRAY[value], 0, sqlite.fts_parse(match, tokenizer, '{""}'), tokenizer,
                           opening, closing, ellipsis, tokens)
$$;

CREATE OR REPLACE FUNCTION sqlite._fts_snippet(
    "values" text[], place integer, parsed jsonb, tokenizer text,
    opening text, closing text, ellipsis text, tokens integer
) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    found record;
    scan record;
    ranges record;
    marked record;
    score record;
    value text;
    best_score integer := 0;
    best_place integer := greatest(place, 0);
    best_start integer := 0;
    size integer := 0;
    sentences integer[];
    sentence integer;
BEGIN
    IF parsed IS NULL THEN
        RETURN NULL;
    END IF;
    found := sqlite._fts_instances(parsed, sqlite._fts_row("values", tokenizer), NULL);
    FOR i IN 0 .. cardinality("values") - 1 LOOP
        CONTINUE WHEN place >= 0 AND i <> place;
        CONTINUE WHEN coalesce(array_position(found.places, i), 0) = 0;
        value := "values"[i + 1];
        scan := sqlite._fts_scan(value, tokenizer);
        sentences := ARRAY(
            SELECT n::integer - 1 FROM unnest(scan.leads) WITH ORDINALITY AS t (leads, n)
            WHERE leads ORDER BY n);
        FOR j IN 1 .. cardinality(found.places) LOOP
            CONTINUE WHEN found.places[j] <> i;
            score := sqlite._fts_score(found.places, found.offsets, found.phrases, found.sizes,
                                       i, found.offsets[j], tokens, cardinality(scan.starts));
            IF score.points > best_score THEN
                best_score := score.points;
                best_place := i;
                best_start := score.start;
                size := cardinality(scan.starts);
            END IF;
            IF cardinality(sentences) > 0 AND cardinality(scan.starts) > tokens THEN
                sentence := sentences[greatest(width_bucket(found.offsets[j], sentences), 1)];
                IF sentence < found.offsets[j] THEN
                    score := sqlite._fts_score(found.places, found.offsets, found.phrases, found.sizes,
                                               i, sentence, tokens, cardinality(scan.starts));
                    score.points := score.points + CASE WHEN sentence = 0 THEN 120 ELSE 100 END;
                    IF score.points > best_score THEN
                        best_score := score.points;
                        best_place := i;
                        best_start := sentence;
                        size := cardinality(scan.starts);
                    END IF;
                END IF;
            END IF;
        END LOOP;
    END LOOP;
    value := "values"[best_place + 1];
    IF value IS NULL THEN
        RETURN NULL;
    END IF;
    scan := sqlite._fts_scan(value, tokenizer);
    IF size = 0 THEN
        size := coalesce(cardinality(scan.starts), 0);
    END IF;
    ranges := sqlite._fts_ranges(found.places, found.offsets, found.phrases, found.sizes, best_place);
    marked := sqlite._fts_marked(value, scan.starts, scan.ends, ranges.starts, ranges.ends,
                                 coalesce(opening, ''), coalesce(closing, ''),
                                 best_start, best_start + tokens - 1);
    RETURN CASE WHEN best_start > 0 THEN coalesce(ellipsis, '') ELSE '' END || marked.result
        || CASE WHEN best_start + tokens - 1 >= size - 1 THEN pg_catalog.substr(value, marked.done + 1)
                ELSE coalesce(ellipsis, '') END;
END
$$;

-- Points of the phrases in `tokens` tokens from `first` on, and where a snippet of them starts.
CREATE OR REPLACE FUNCTION sqlite._fts_score(
    found_places integer[], found_offsets integer[], found_phrases integer[], phrase_sizes integer[],
    place integer, first integer, tokens integer, size integer, OUT points integer, OUT start integer
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    seen integer[] := '{}';
    one integer;
    last integer := 0;
BEGIN
    points := 0;
    FOR i IN 1 .. cardinality(found_places) LOOP
        IF found_places[i] = place AND found_offsets[i] >= first AND found_offsets[i] < first + tokens THEN
            points := points + CASE WHEN found_phrases[i] = ANY (seen) THEN 1 ELSE 1000 END;
            seen := seen || found_phrases[i];
            one := coalesce(one, found_offsets[i]);
            last := found_offsets[i] + phrase_sizes[found_phrases[i] + 1];
        END IF;
    END LOOP;
    one := coalesce(one, -1);
    start := greatest(least(one - (tokens - (last - one)) / 2, size - tokens), 0);
END
$$;
