// Reads guarantee messages with Prowide ISO 20022, says what it understood, and writes each anew.
// Run by tests/federation/test_guarantee_messages_java.py: OUT_FOLDER FILE...
// It knows nothing of our code: classes and getters are the library's, made from ISO's definitions.

import com.prowidesoftware.swift.model.mx.AbstractMX;
import com.prowidesoftware.swift.model.mx.MxTsrv00100101;
import com.prowidesoftware.swift.model.mx.MxTsrv00500101;
import com.prowidesoftware.swift.model.mx.MxTsrv01200101;
import com.prowidesoftware.swift.model.mx.MxTsrv01300101;
import com.prowidesoftware.swift.model.mx.MxTsrv01600101;
import com.prowidesoftware.swift.model.mx.MxTsrv01700101;
import com.prowidesoftware.swift.model.mx.MxTsrv01900101;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public class ReadGuaranteeMessages {
  public static void main(String[] arguments) throws Exception {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var folder = Path.of(arguments[0]);
    for (int at = 1; at < arguments.length; at++) {
      var file = Path.of(arguments[at]);
      var message = AbstractMX.parse(Files.readString(file, StandardCharsets.UTF_8));
      if (message == null) {
        out.println(file.getFileName() + "\tunknown");
        continue;
      }
      var said = message.getMxId().id() + "\t" + String.join("\t", understood(message));
      out.println(file.getFileName() + "\t" + said);
      Files.writeString(folder.resolve(file.getFileName()), message.document());
    }
  }

  private static String[] understood(AbstractMX message) {
    if (message instanceof MxTsrv00100101 issue) {
      var details = issue.getUdrtkgIssnc().getUdrtkgIssncDtls();
      var owes = details.getAddtlPty().get(0).getPty().getId().getPrvtId().getOthr().get(0);
      return texts(details.getId(), details.getUdrtkgAmt().getAmt().getValue(),
          details.getUdrtkgAmt().getAmt().getCcy(), details.getXpryDtls().getXpryTerms().getDtTm().getDt(),
          owes.getId(), details.getUndrlygTx().get(1).getCtrctAmtPctg());
    }
    if (message instanceof MxTsrv00500101 amendment) {
      var details = amendment.getUdrtkgAmdmnt().getUdrtkgAmdmntDtls();
      var adjusted = details.getUdrtkgAmtAdjstmnt();
      return texts(details.getUdrtkgId().getId(), details.getSeqNb(),
          adjusted == null ? "-" : adjusted.getAmtChc().getDcrAmt().getValue());
    }
    if (message instanceof MxTsrv01200101 end) {
      var details = end.getUdrtkgTermntnNtfctn().getUdrtkgTermntnNtfctnDtls();
      return texts(details.getUdrtkgId().getId(), details.getTermntnDtls().getFctvDt(),
          details.getTermntnDtls().getRsn().getCd());
    }
    if (message instanceof MxTsrv01300101 demand) {
      var details = demand.getUdrtkgDmnd().getUdrtkgDmndDtls();
      var enclosed = details.getDmndDcmnttn().getNclsdFile().get(0);
      return texts(details.getId(), details.getUdrtkgId().getId(), details.getDmndAmt().getAmt().getValue(),
          details.getDmndAmt().getAddtlInf().get(0), enclosed.getId(),
          new String(enclosed.getNclsr(), StandardCharsets.US_ASCII));
    }
    if (message instanceof MxTsrv01600101 refusal) {
      var details = refusal.getDmndRfslNtfctn().getDmndRfslNtfctnDtls().get(0);
      return texts(details.getDmndDtls().getId(), details.getDmndDtls().getAmt().getValue(), details.getSts(),
          details.getDscrpncy().size(), details.getDscrpncy().get(0).getId());
    }
    if (message instanceof MxTsrv01700101 withdrawal) {
      var details = withdrawal.getDmndWdrwlNtfctn().getDmndWdrwlNtfctnDtls();
      return texts(details.getDmndDtls().getId(), details.getDmndDtls().getAmt().getValue());
    }
    if (message instanceof MxTsrv01900101 status) {
      var details = status.getUdrtkgStsRpt().getUdrtkgStsRptDtls();
      return texts(details.getUdrtkgId().getId(), details.getStsCtgy(), details.getSts(),
          details.getStsRsn().get(0).getRsn().getPrtry());
    }
    return texts("not a guarantee message");
  }

  private static String[] texts(Object... values) {
    var told = new String[values.length];
    for (int at = 0; at < values.length; at++) {
      told[at] = String.valueOf(values[at]);
    }
    return told;
  }
}
