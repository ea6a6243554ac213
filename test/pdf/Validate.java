import java.io.FileInputStream;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Holds files against veraPDF's PDF/UA-1 profile: a line each, with every rule that fails. Exit code 1 when one does. */
public class Validate {
  public static void main(String[] files) throws Exception {
    Logger.getLogger("").setLevel(Level.SEVERE);
    VeraGreenfieldFoundryProvider.initialise();
    var foundry = Foundries.defaultInstance();
    var flavour = PDFAFlavour.PDFUA_1;
    boolean conform = files.length > 0;
    for (String file : files) {
      try (var parser = foundry.createParser(new FileInputStream(file), flavour)) {
        var result = foundry.createValidator(flavour, false).validate(parser);
        var failed = new TreeSet<String>();
        for (TestAssertion each : result.getTestAssertions())
          if (each.getStatus() == TestAssertion.Status.FAILED)
            failed.add(each.getRuleId().getClause() + "-" + each.getRuleId().getTestNumber() + ": " + each.getMessage());
        System.out.printf("%s: %d checks, %d rules failed%n", file, result.getTotalAssertions(), failed.size());
        failed.forEach(rule -> System.out.println("  " + rule));
        conform &= result.isCompliant();
      }
    }
    System.exit(conform ? 0 : 1);
  }
}
