/** Brazilian Portuguese of the page on which people get their data. English has the same keys, by type. */
export const copies = {
  copies: {
    title: "Receber meus dados",
    lead: "Uma cópia de tudo o que é guardado sobre você: decisões, motivos, o que o programa usou, quem abriu, seus pedidos, e a prova de que nada ficou de fora (LGPD, art. 19, II).",
    make: "Fazer a cópia",
    makeText: "Em PDF, JSON e CSV. Com poucas decisões leva segundos; com milhares, cerca de um minuto.",
    again: "Fazer uma cópia nova",
    given: "Só o que eu informei",
    givenText:
      "Para levar a outra empresa, em JSON e CSV: o que você informou, sem pontuação nem motivos (LGPD, art. 18, V).",
    givenButton: "Fazer a cópia para levar",
    making: "A cópia está sendo feita",
    progress: (done: string, total: string) => `${done} de ${total} entradas`,
    makingText: "Esta página se atualiza sozinha a cada poucos segundos. Você pode sair e voltar depois.",
    look: "Ver de novo",
    kinds: { access: "A cópia está pronta", portability: "A cópia para levar está pronta" },
    until: (day: string) =>
      `Fica aqui até ${day}; depois é apagada. Apagar seus dados apaga a cópia na hora.`,
    traced: "Cada arquivo que você baixa fica no registro, como toda abertura dos seus dados.",
    pdf: "Para ler: PDF",
    json: "Para programas: JSON",
    csv: "Para planilhas: CSV",
    proof: "Para conferir que nada ficou de fora",
    kilobytes: (count: string) => `${count} kB`,
    remove: "Apagar esta cópia",
    failed: "A cópia não pôde ser feita",
    failedText: "Nada dela foi guardado, e seus dados estão como estavam. Tente de novo.",
    elsewhere: "Tudo na hora, em um arquivo JSON",
    back: "Minhas decisões",
  },
};
