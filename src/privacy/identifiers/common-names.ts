const words = (list: string): string[] => list.trim().split(/\s+/);

/** First names that are frequent in Brazil, without accents: faker's Brazilian list has fewer than two hundred. */
export const FIRST_NAMES: readonly string[] = words(`
  adriana adriano alan alessandra alexandre aline amanda ana anderson andre andrea andreia angela antonia antonio aparecida
  arthur augusto barbara beatriz benedita bernardo bianca breno bruna bruno caio camila carla carlos carolina caroline cassia
  cecilia celia cesar cicera cicero claudia claudio cleber cleiton cristiane cristiano cristina daiane daniel daniela danilo
  davi debora denise diego diogo douglas edilson edson eduarda eduardo elaine eliana eliane elias elisangela elizabeth
  emerson erica erick erika estela evandro everton fabiana fabiano fabio fabricio fatima felipe fernanda fernando flavia flavio
  francisca francisco gabriel gabriela geovana geraldo gilberto gilson giovana giovanna gisele guilherme gustavo heitor helena
  helio henrique hugo igor ingrid isabel isabela isabella ivan ivone jaqueline jefferson jessica joana joao joaquim joice
  jonas jonatas jorge jose josefa joselia juliana juliano julio jussara karina katia kelly larissa laura leandro leila
  leonardo leticia lidia ligia lorena lucas lucia luciana luciano lucilene luis luisa luiz luiza luzia magda maiara marcela
  marcelo marcia marcio marco marcos maria mariana marina mario marlene marli mateus matheus mauricio mauro mayara michele
  miguel milena milton miriam monica murilo nair natalia nathalia nelson neusa nicolas nicole nilson osvaldo otavio pablo
  paloma patricia paula paulo pedro priscila rafael rafaela raimunda raimundo raquel raul regina reginaldo reinaldo renan
  renata renato ricardo rita roberta roberto robson rodrigo roger rogerio romulo ronaldo rosana rosangela rosemary rubens
  samuel sandra sara sebastiana sebastiao sergio severino sheila shirley silvana silvia silvio simone sofia solange sonia
  sophia stefany suelen sueli susana tais talita tania tatiana tatiane telma teresa terezinha thais thiago tiago valdir
  valeria valmir valter vanderlei vanessa vania vera veronica vicente vinicius virginia vitor viviane wagner walter wanderson
  wellington wesley william wilson yago yasmin yuri zelia
`);

/** Surnames that are frequent in Brazil, without accents. */
export const SURNAMES: readonly string[] = words(`
  abreu aguiar albuquerque alencar almeida alves amaral amorim andrade antunes aquino araujo arruda assis assuncao avila
  azevedo bandeira barbosa barreto barros bastos batista bernardes bezerra bittencourt borges botelho braga brandao brito
  bueno cabral caldeira camargo camara campos cardoso carneiro carvalho castro cavalcante cavalcanti chagas chaves coelho
  conceicao cordeiro correa correia costa coutinho couto cruz cunha damasceno dantas dias diniz domingues duarte dutra esteves
  farias faria fernandes ferraz ferreira figueiredo fonseca fontes franca franco freire freitas furtado galvao garcia gomes
  goncalves gouveia guedes guerra guimaraes gusmao henriques holanda jesus lacerda leal leao leite lemos lima lira lisboa
  lopes lourenco macedo machado maciel magalhaes maia marinho marques martins matos mattos medeiros meireles melo mello mendes
  mendonca menezes mesquita miranda monteiro moraes morais moreira mota moura muniz nascimento neves nogueira novaes nunes
  oliveira pacheco padilha paiva passos peixoto pereira pessoa pimenta pimentel pinheiro pinto pires porto prado queiroz
  ramos rangel rego reis rezende ribeiro rocha rodrigues rosa sa saldanha sales salles sampaio santana santiago santos saraiva
  schmidt silva silveira simoes siqueira soares sousa souza tavares teixeira teles toledo torres valente vargas vasconcelos
  vaz veiga ventura viana vidal vieira villela xavier
`);
